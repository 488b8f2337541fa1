import RelayAPI
import Sodium
import Terms
import Testing

/// The chain over a room's log: frozen, and different for every change.
@Suite struct LogChainTests {
    @Test func theStartIsFrozen() throws {
        let room = try Sample.room()
        #expect(
            LogChain.start(room: room) == SHA256.hash(Array("tocsin relay chain v1\0".utf8) + Sample.bytes(0x11, 16)))
        let epoch = LogChain.start(room: room, epoch: 0x0102, confirmedTranscriptHash: [9, 9])
        #expect(
            epoch
                == SHA256.hash(
                    Array("tocsin epoch chain v1\0".utf8) + Sample.bytes(0x11, 16) + [0, 0, 0, 0, 0, 0, 1, 2, 9, 9]))
        #expect(epoch.count == LogChain.length)
    }

    @Test func aLinkIsFrozen() throws {
        let link = LogChain.next(
            Sample.bytes(0x44, 32), seq: 7, time: Timestamp(milliseconds: 256), poster: try Sample.device(0x33),
            entryClass: .statement, payload: [1, 2, 3])
        let content =
            try hex(
                run("44", 32),  // the chain before
                "0000000000000007",  // seq
                "0000000000000100",  // time
                run("33", 16),  // poster
                "03"  // class
            ) + SHA256.hash([1, 2, 3])
        #expect(link == SHA256.hash(content))
    }

    @Test func whatTheRelayCouldAlterChangesTheChain() throws {
        let (a, b) = (try Sample.device(1), try Sample.device(2))
        let room = try Sample.room()
        let start = LogChain.start(room: room)
        func next(
            _ previous: [UInt8], seq: UInt64 = 1, time: UInt64 = 1, poster: DeviceID? = nil,
            entryClass: EntryClass = .message, payload: [UInt8] = [1]
        ) -> [UInt8] {
            LogChain.next(
                previous, seq: seq, time: Timestamp(milliseconds: time), poster: poster ?? a, entryClass: entryClass,
                payload: payload)
        }
        let chains = [
            next(start), next(start, seq: 2), next(start, time: 2), next(start, poster: b),
            next(start, entryClass: .commit), next(start, payload: [2]), next(start, payload: []), next(next(start)),
            next(LogChain.start(room: room, epoch: 0, confirmedTranscriptHash: [])),
            next(LogChain.start(room: room, epoch: 1, confirmedTranscriptHash: [])),
        ]
        #expect(Set(chains).count == chains.count)
    }

    @Test func theDigestFormIsTheSame() throws {
        let poster = try Sample.device(1)
        let payload: [UInt8] = [5, 6]
        #expect(
            LogChain.next(
                [1], seq: 1, time: Timestamp(milliseconds: 1), poster: poster, entryClass: .message, payload: payload)
                == LogChain.next(
                    [1], seq: 1, time: Timestamp(milliseconds: 1), poster: poster, entryClass: .message,
                    payloadDigest: SHA256.hash(payload)))
    }

    @Test func aReceiptIsTheRelaysWord() throws {
        let identity = try Ed25519.PrivateKey(seed: SecretBytes(Sample.bytes(1, 32)))
        let sample = try Sample.receipt()
        let content = Receipt.signedContent(
            room: sample.room, seq: sample.seq, time: sample.time, chain: sample.chain, mark: sample.mark)
        #expect(
            try content
                == Array("tocsin receipt v1\0".utf8)
                + hex(
                    run("11", 16), "0000000000000005", "0000000000000006", run("44", 32), run("77", 16),
                    "0000000000000008"))
        func receipt(seq: UInt64 = 5, time: UInt64 = 6, chain: UInt8 = 0x44, writes: UInt64 = 8) -> Receipt {
            Receipt(
                room: sample.room, seq: seq, time: Timestamp(milliseconds: time), chain: Sample.bytes(chain, 32),
                mark: RelayMark(generation: sample.mark.generation, writes: writes),
                signature: identity.signature(for: content))
        }
        #expect(receipt().isValid(by: identity.publicKey))
        #expect(!receipt(seq: 6).isValid(by: identity.publicKey))
        #expect(!receipt(time: 7).isValid(by: identity.publicKey))
        #expect(!receipt(chain: 0x45).isValid(by: identity.publicKey))
        #expect(!receipt(writes: 9).isValid(by: identity.publicKey))
        #expect(!receipt().isValid(by: Ed25519.PrivateKey().publicKey))
    }
}
