import RelayAPI
import TestTeam
import Testing
import WireFormat

/// Whatever comes over the network is refused or read, and never traps.
@Suite struct HostileBytesTests {
    private func hammer<T: WireCodable & Equatable>(_ value: T) {
        let whole = value.encoded
        for length in whole.indices {
            #expect(throws: WireError.self, "\(T.self) cut to \(length)") {
                try T(decoding: Array(whole.prefix(length)))
            }
        }
        #expect(throws: WireError.self) { try T(decoding: whole + [0]) }
        for index in whole.indices {
            for bit in 0..<8 {
                var flipped = whole
                flipped[index] ^= 1 << UInt8(bit)
                // What is still read is another value, and written again it is these very bytes: one value, one form.
                if let read = try? T(decoding: flipped) {
                    #expect(read != value)
                    #expect(read.encoded == flipped)
                }
            }
        }
    }

    @Test func everyStructure() throws {
        hammer(try Sample.entry())
        hammer(StampedStatement(readings: Sample.readings(), envelope: [1, 2]))
        hammer(try Sample.timer())
        hammer(try Sample.delivery())
        hammer(try Sample.post())
        hammer(try Sample.header())
        hammer(CommitPayload(header: try Sample.header(), commit: [1, 2]))
        hammer(try Sample.receipt())
        hammer(MarkProof.receipt(try Sample.receipt()))
        hammer(MarkProof.heads(try Sample.signedMark()))
        hammer(try Sample.step())
        hammer(try Sample.creation())
        hammer(RoomReceipts(receipts: [try Sample.receipt()]))
        hammer(try Sample.page())
        hammer(try Sample.welcome())
        hammer(PendingWelcomes(welcomes: [try Sample.welcome()]))
    }

    @Test func noise() {
        var noise = SplitMix64(seed: 3)
        for _ in 0..<20_000 {
            let bytes = noise.bytes(upTo: 200)
            readOrRefused(Entry.self, bytes)
            readOrRefused(EntryPost.self, bytes)
            readOrRefused(CommitPayload.self, bytes)
            readOrRefused(RoomCreation.self, bytes)
            readOrRefused(EntryPage.self, bytes)
            readOrRefused(PendingWelcomes.self, bytes)
        }
    }

    private func readOrRefused<T: WireCodable>(_ type: T.Type, _ bytes: [UInt8]) {
        if let read = try? T(decoding: bytes) { #expect(read.encoded == bytes) }
    }

    @Test func aCommitsHeaderHasNoTrailingBytes() throws {
        let header = try Sample.header().encoded + [0]
        var writer = Writer()
        writer.opaque(header)
        writer.opaque([1])
        #expect(throws: WireError(.trailingBytes, "CommitHeader")) { try CommitPayload(decoding: writer.bytes) }
    }
}
