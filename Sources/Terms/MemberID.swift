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
