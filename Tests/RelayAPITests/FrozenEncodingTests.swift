import Escalation
import RelayAPI
import Sodium
import Testing
import WireFormat

/// The bytes that relays and clients of different versions must agree on. A change here is a new protocol version.
@Suite struct FrozenEncodingTests {
    private func expect<T: WireCodable & Equatable>(_ value: T, _ parts: String...) throws {
        let bytes = try hex(parts.joined())
        #expect(value.encoded == bytes)
        #expect(try T(decoding: bytes) == value)
    }

    private let entry = [
        "0000000000000005",  // seq
        "0000010203040506",  // time
        run("33", 16),  // poster
        "02",  // class: message
        "02 cafe",  // payload<V>
        run("44", 32),  // chain
    ].joined()

    private let delivery = [
        "02",  // step
        "10", run("35", 16),  // devices<V>: one
        "01 77",  // welcome<V>
    ].joined()

    private var post: String {
        [
            run("22", 16),  // event
            "01",  // class: commit
            "0000000000000004",  // base_seq
            "0000000000000003",  // parent
            "02 cafe",  // payload<V>
            "14", delivery,  // welcomes<V>: 20 bytes
        ].joined()
    }

    private let step = [
        "0000012c",  // delay: 300 s
        "0001",  // need
        "3c",  // shifts<V>: 60 bytes
        "0000000000000000 00",  // from the beginning, without end
        "32",  // persons<V>: 50 bytes
        "20", run("35", 16), run("36", 16),  // the first person's two devices
        "10", run("37", 16),  // the second person's
    ].joined()

    private let receipt = [
        run("11", 16),  // room
        "0000000000000005",  // seq
        "0000000000000006",  // time
        run("44", 32),  // chain
        run("77", 16),  // mark: generation
        "0000000000000008",  // mark: writes
        run("66", 64),  // signature
    ].joined()

    private let welcome = [
        "0000000000000009",  // place
        run("11", 16),  // room
        "02",  // kind: incident
        "0000000000000001",  // seq
        "0000000000000102",  // time_ms
        run("44", 32),  // chain
        "01 77",  // welcome<V>
    ].joined()

    private let header = [
        "0000000000000004",  // base_seq
        "0000000000000003",  // parent
        run("44", 32),  // chain
        "0000010203040506",  // at_ms
        "20", run("35", 16), run("36", 16),  // adds<V>
        "00",  // removes<V>
        "01", "10", run("35", 16),  // optional<leads<V>>
        "01",  // takes
        "05", "02 cafe", "01 be",  // statements<V>
        "0000000000000009",  // calllist_version
        run("55", 32),  // calllist_digest
    ].joined()

    @Test func entries() throws { try expect(Sample.entry(), entry) }
    @Test func whatMovesAPage() throws {
        let readings = "0000000000000102" + "0000000000000001"  // most, least
        try expect(
            StampedStatement(readings: Sample.readings(), envelope: [0xca, 0xfe]), readings, "02 cafe")
        let signed = try Sample.timer()
        try expect(
            signed, readings,
            "01 00000001",  // released: step
            "04 00000003",  // persons<V>
            Hexadecimal.encode(signed.signature))
    }
    @Test func welcomeDeliveries() throws { try expect(Sample.delivery(), delivery) }
    @Test func entryPosts() throws { try expect(Sample.post(), post) }
    @Test func commitHeaders() throws { try expect(Sample.header(), header) }
    @Test func commitPayloads() throws {
        // 155 bytes of header take a length of two bytes.
        try expect(CommitPayload(header: Sample.header(), commit: [0xc0]), "409b", header, "01 c0")
    }
    @Test func receipts() throws { try expect(Sample.receipt(), receipt) }
    @Test func proofsOfGoingBack() throws {
        try expect(MarkProof.receipt(Sample.receipt()), "01", receipt)
        let signed = try Sample.signedMark()
        let mark = run("77", 16) + "0000000000000008"  // generation, writes
        try expect(MarkProof.heads(signed), "02", mark, Hexadecimal.encode([UInt8](signed.signature)))
        #expect(try signed.isValid(by: Sample.identity().publicKey))
        #expect(!signed.isValid(by: Ed25519.PrivateKey().publicKey))
    }
    @Test func escalationSteps() throws { try expect(Sample.step(), step) }
    @Test func aStepThatCallsNobody() throws {
        try expect(Step(delay: 0, need: 1, persons: []), "00000000 0001 00")
    }
    @Test func roomCreations() throws {
        try expect(
            Sample.creation(),
            run("11", 16),  // room
            run("22", 16),  // event
            "01",  // kind: page
            "00010203",  // retention
            "00000e10",  // horizon
            "0002",  // close
            "4043", step,  // steps<V>: 67 bytes
            "39", post  // entries<V>: 57 bytes
        )
    }
    @Test func roomReceipts() throws {
        try expect(RoomReceipts(receipts: [Sample.receipt()]), "4098", receipt)
        try expect(RoomReceipts(receipts: []), "00")
    }
    @Test func entryPages() throws {
        try expect(Sample.page(), "0000000000000005", "00", "01", "4044", entry)
    }
    @Test func pendingWelcomes() throws {
        try expect(Sample.welcome(), welcome)
        try expect(PendingWelcomes(welcomes: [Sample.welcome()]), "404b", welcome)
    }

    @Test(arguments: [0, 8, 255] as [UInt8])
    func unknownClassesAreRefused(_ value: UInt8) throws {
        var bytes = try Sample.entry().encoded
        bytes[32] = value
        #expect(throws: WireError(.unknownValue, "class")) { try Entry(decoding: bytes) }
        var post = try Sample.post().encoded
        post[16] = value
        #expect(throws: WireError(.unknownValue, "class")) { try EntryPost(decoding: post) }
    }

    @Test(arguments: [0, 3] as [UInt8])
    func unknownKindsAreRefused(_ value: UInt8) throws {
        var bytes = try Sample.creation().encoded
        bytes[32] = value
        #expect(throws: WireError(.unknownValue, "kind")) { try RoomCreation(decoding: bytes) }
    }

    @Test func booleansAreZeroOrOne() {
        let bytes = [UInt8](repeating: 0, count: 8) + [2, 0, 0]
        #expect(throws: WireError(.unknownValue, "closed")) { try EntryPage(decoding: bytes) }
    }
}
