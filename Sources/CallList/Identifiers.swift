import Foundation
import Sodium

/// The pseudonym of one installation: 16 random bytes, 32 lower-case hexadecimal digits in text. It is the identity in
/// the device's MLS basic credential, and all that a relay knows a device by.
public struct DeviceID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    public static let length = 16
    public let bytes: [UInt8]

    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.length else { return nil }
        self.bytes = bytes
    }

    public init?(_ text: String) {
        guard let bytes = Hexadecimal.decode(text) else { return nil }
        self.init(bytes)
    }

    public static func random() -> DeviceID { DeviceID(trusted: randomBytes(count: length)) }

    private init(trusted bytes: [UInt8]) { self.bytes = bytes }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = DeviceID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a device id is 32 hex digits")
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    public static func < (a: DeviceID, b: DeviceID) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }
    public var description: String { Hexadecimal.encode(bytes) }
    /// The first eight digits: what a log may hold.
    public var short: String { String(description.prefix(8)) }
}

/// A person's identifier on the call list: 1 to 64 lower-case letters, digits, `-`, `_` or `.`, starting with a letter or digit.
public struct MemberID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    public let text: String

    public init?(_ text: String) {
        let scalars = Array(text.utf8)
        guard (1...64).contains(scalars.count), let first = scalars.first, Self.isAlphanumeric(first),
            scalars.allSatisfy({ Self.isAlphanumeric($0) || $0 == 0x2d || $0 == 0x5f || $0 == 0x2e })
        else { return nil }
        self.text = text
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = MemberID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a member id is 1 to 64 of a-z 0-9 - _ .")
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    public static func < (a: MemberID, b: MemberID) -> Bool { a.text < b.text }
    public var description: String { text }
}
