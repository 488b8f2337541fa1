import Escalation
import RelayAPI
import Sodium
import Terms
import WireFormat

/// One of each, with bytes that are easy to find again.
enum Sample {
    static func bytes(_ value: UInt8, _ count: Int) -> [UInt8] { [UInt8](repeating: value, count: count) }

    static func device(_ value: UInt8) throws -> DeviceID { try required(DeviceID(bytes(value, 16))) }
    static func room() throws -> RoomID { try required(RoomID(bytes(0x11, 16))) }
    static func event(_ value: UInt8 = 0x22) throws -> EventID { try required(EventID(bytes(value, 16))) }

    static func entry() throws -> Entry {
        Entry(
            seq: 5, time: Timestamp(milliseconds: 0x0102_0304_0506), poster: try device(0x33), entryClass: .message,
            payload: [0xca, 0xfe], chain: bytes(0x44, 32))
    }

    static func header() throws -> CommitHeader {
        CommitHeader(
            baseSeq: 4, parent: 3, chain: bytes(0x44, 32), at: Timestamp(milliseconds: 0x0102_0304_0506),
            adds: [try device(0x35), try device(0x36)], removes: [], leads: [try device(0x35)],
            takes: true, statements: [[0xca, 0xfe], [0xbe]], callListVersion: 9,
            callListDigest: bytes(0x55, 32))
    }

    static func delivery() throws -> WelcomeDelivery {
        WelcomeDelivery(step: 2, devices: [try device(0x35)], welcome: [0x77])
    }

    static func post() throws -> EntryPost {
        EntryPost(
            event: try event(), entryClass: .commit, baseSeq: 4, parent: 3, payload: [0xca, 0xfe],
            welcomes: [try delivery()])
    }

    static func receipt() throws -> Receipt {
        Receipt(
            room: try room(), seq: 5, time: Timestamp(milliseconds: 6), chain: bytes(0x44, 32), mark: try mark(),
            signature: bytes(0x66, 64))
    }

    static func mark() throws -> RelayMark {
        RelayMark(generation: try required(Generation(bytes(0x77, 16))), writes: 8)
    }

    static func signedMark() throws -> SignedMark { SignedMark(try mark(), by: try identity()) }

    static func step() throws -> Step {
        Step(delay: 300, need: 1, persons: [[try device(0x35), try device(0x36)], [try device(0x37)]])
    }

    static func creation() throws -> RoomCreation {
        RoomCreation(
            room: try room(), event: try event(), kind: .page, retention: 0x0001_0203, horizon: 3600, close: 2,
            steps: [try step()], entries: [try post()])
    }

    static func page() throws -> EntryPage {
        EntryPage(head: 5, closed: false, releasedSteps: 1, entries: [try entry()])
    }

    static func welcome() throws -> PendingWelcome {
        PendingWelcome(
            place: 9, room: try room(), kind: .incident, seq: 1, time: Timestamp(milliseconds: 0x0102),
            chain: bytes(0x44, 32),
            welcome: [0x77])
    }

    static func readings() -> Readings {
        Readings(most: Elapsed(milliseconds: 0x0102), least: Elapsed(milliseconds: 0x01))
    }

    static func identity() throws -> Ed25519.PrivateKey { try Ed25519.PrivateKey(seed: SecretBytes(bytes(9, 32))) }

    static func timer(_ entry: TimerEntry = .released(step: 1, persons: [PersonHandle(index: 3)])) throws
        -> SignedTimerEntry
    {
        SignedTimerEntry(entry, at: readings(), room: try room(), seq: 7, by: try identity())
    }

    struct Missing: Error {}
    static func required<T>(_ value: T?) throws -> T {
        guard let value else { throw Missing() }
        return value
    }
}

func hex(_ parts: String...) throws -> [UInt8] {
    try Sample.required(Hexadecimal.decode(parts.joined().filter { $0 != " " }))
}

/// `count` times the same two digits.
func run(_ digits: String, _ count: Int) -> String { String(repeating: digits, count: count) }
