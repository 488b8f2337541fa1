import Sodium
import Synchronization

/// A value of 16 bytes, written as 32 lower-case hexadecimal digits.
public protocol Identifier16: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    var bytes: [UInt8] { get }
    /// Nil unless there are exactly 16 bytes.
    init?(_ bytes: [UInt8])
}

extension Identifier16 {
    public static var length: Int { 16 }

    public init?(_ text: String) {
        guard let bytes = Hexadecimal.decode(text) else { return nil }
        self.init(bytes)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "an identifier is 32 lower-case hex digits")
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    public static func < (a: Self, b: Self) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }
    public var description: String { Hexadecimal.encode(bytes) }
    /// The first eight digits: what a log may hold and a person can type.
    public var short: String { String(description.prefix(8)) }
}

/// The pseudonym of one installation. It is the identity in the device's MLS basic credential, and all that a relay knows a
/// device by.
public struct DeviceID: Identifier16 {
    public let bytes: [UInt8]
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.length else { return nil }
        self.bytes = bytes
    }
    public static func random() -> DeviceID { DeviceID(trusted: randomBytes(count: length)) }
    /// The first 16 bytes of SHA-256 over `content`.
    public init(hashing content: [UInt8]) { self.init(trusted: Array(SHA256.hash(content).prefix(Self.length))) }
    /// Stands for the relay where the poster of an entry is named: 16 zeros, which no device has.
    public static let relay = DeviceID(trusted: [UInt8](repeating: 0, count: length))
    private init(trusted bytes: [UInt8]) { self.bytes = bytes }
}

/// A room's name: also the id of its MLS group. 16 random bytes.
public struct RoomID: Identifier16 {
    public let bytes: [UInt8]
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.length else { return nil }
        self.bytes = bytes
    }
    public static func random() -> RoomID { RoomID(trusted: randomBytes(count: length)) }
    private init(trusted bytes: [UInt8]) { self.bytes = bytes }
}

/// The idempotency key of a write: 16 bytes that its author chose. A retry gets the first answer.
///
/// Ten of them are random, so that nobody guesses another's. Before them stand three that a process draws once, and three that
/// count up: a relay's index then has a device's newest keys side by side, where random ones would touch a page each (the reason
/// for RFC 9562's time-ordered ids). They tell nothing that a relay does not see, as a clock would.
public struct EventID: Identifier16 {
    public let bytes: [UInt8]
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.length else { return nil }
        self.bytes = bytes
    }
    /// A new one, unlike any other.
    public static func random() -> EventID {
        let number = count.add(1, ordering: .relaxed).newValue
        let counted = [UInt8(truncatingIfNeeded: number >> 16), UInt8(truncatingIfNeeded: number >> 8)]
        return EventID(
            trusted: process + counted + [UInt8(truncatingIfNeeded: number)] + randomBytes(count: length - 6))
    }
    private static let process = randomBytes(count: 3)
    private static let count = Atomic<UInt32>(0)
    private init(trusted bytes: [UInt8]) { self.bytes = bytes }
}

/// What a relay calls the life of its database: another one begins where it went back in time [R22]. 16 random bytes.
public struct Generation: Identifier16 {
    public let bytes: [UInt8]
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.length else { return nil }
        self.bytes = bytes
    }
    public static func random() -> Generation { Generation(trusted: randomBytes(count: length)) }
    private init(trusted bytes: [UInt8]) { self.bytes = bytes }
}
