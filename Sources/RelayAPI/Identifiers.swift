public import Foundation
import Sodium

/// A value of 16 bytes, written as 32 lower-case hexadecimal digits.
public protocol Identifier16: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    var bytes: [UInt8] { get }
    /// Nil unless there are exactly 16 bytes.
    init?(_ bytes: [UInt8])
}

extension Identifier16 {
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

/// A room's name: also the id of its MLS group. 16 random bytes.
public struct RoomID: Identifier16 {
    public let bytes: [UInt8]
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.bytes = bytes
    }
    public static func random() -> RoomID { RoomID(trusted: randomBytes(count: 16)) }
    private init(trusted bytes: [UInt8]) { self.bytes = bytes }
}

/// The idempotency key of a write: 16 random bytes that its author chose. A retry gets the first answer.
public struct EventID: Identifier16 {
    public let bytes: [UInt8]
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.bytes = bytes
    }
    public static func random() -> EventID { EventID(trusted: randomBytes(count: 16)) }
    private init(trusted bytes: [UInt8]) { self.bytes = bytes }
}

/// Milliseconds since 1970-01-01T00:00:00Z, as the relay's clock has it.
public struct RelayTime: Hashable, Comparable, Sendable, Codable {
    public let milliseconds: UInt64
    public init(milliseconds: UInt64) { self.milliseconds = milliseconds }
    public init(_ date: Date) { milliseconds = UInt64(max(0, date.timeIntervalSince1970 * 1000)) }
    public var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
    public init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(UInt64.self)
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }
    public static func < (a: RelayTime, b: RelayTime) -> Bool { a.milliseconds < b.milliseconds }
}
