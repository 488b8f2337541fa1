/// Takes values of the TLS presentation language (RFC 8446 §3) with the variable-size vectors of RFC 9420 §2.1.2 off
/// the front of a byte string. Never reads past its end; allocates at most what the input holds.
public struct Reader: Sendable {
    private var rest: ArraySlice<UInt8>

    public init(_ bytes: [UInt8]) { rest = bytes[...] }
    private init(slice: ArraySlice<UInt8>) { rest = slice }

    public var isAtEnd: Bool { rest.isEmpty }
    public var remaining: Int { rest.count }

    /// Decodes one value that must take up all of `bytes`.
    public static func decode<T: WireDecodable>(_ type: T.Type = T.self, from bytes: [UInt8]) throws(WireError) -> T {
        var reader = Reader(bytes)
        let value = try T(from: &reader)
        try reader.finish("\(type)")
        return value
    }

    /// - Throws: `trailingBytes` unless everything was read.
    public func finish(_ context: String) throws(WireError) {
        guard rest.isEmpty else { throw WireError(.trailingBytes, context) }
    }

    public mutating func uint8(_ context: String = "uint8") throws(WireError) -> UInt8 {
        guard let byte = rest.popFirst() else { throw WireError(.truncated, context) }
        return byte
    }

    public mutating func uint16(_ context: String = "uint16") throws(WireError) -> UInt16 {
        try integer(context)
    }

    public mutating func uint32(_ context: String = "uint32") throws(WireError) -> UInt32 {
        try integer(context)
    }

    public mutating func uint64(_ context: String = "uint64") throws(WireError) -> UInt64 {
        try integer(context)
    }

    private mutating func integer<T: FixedWidthInteger>(_ context: String) throws(WireError) -> T {
        let width = T.bitWidth / 8
        guard rest.count >= width else { throw WireError(.truncated, context) }
        var value: T = 0
        for byte in rest.prefix(width) { value = value << 8 | T(byte) }
        rest.removeFirst(width)
        return value
    }

    /// `opaque name[count]`.
    public mutating func fixed(_ count: Int, _ context: String = "fixed") throws(WireError) -> [UInt8] {
        guard count >= 0, rest.count >= count else { throw WireError(.truncated, context) }
        defer { rest.removeFirst(count) }
        return Array(rest.prefix(count))
    }

    /// `opaque name<V>`.
    public mutating func opaque(_ context: String = "opaque") throws(WireError) -> [UInt8] {
        try fixed(vectorLength(context), context)
    }

    /// `T name<V>`: elements until the vector's bytes are used up.
    public mutating func vector<T: WireDecodable>(
        of type: T.Type = T.self, _ context: String = "vector"
    ) throws(WireError) -> [T] {
        try vector(context) { (reader) throws(WireError) in try T(from: &reader) }
    }

    /// As above, with `element` reading each one. An element that takes no bytes is refused: it would never end.
    public mutating func vector<T>(
        _ context: String = "vector", element: (inout Reader) throws(WireError) -> T
    ) throws(WireError) -> [T] {
        let count = try vectorLength(context)
        guard rest.count >= count else { throw WireError(.truncated, context) }
        var inner = Reader(slice: rest.prefix(count))
        rest.removeFirst(count)
        var elements: [T] = []
        while !inner.isAtEnd {
            let before = inner.remaining
            elements.append(try element(&inner))
            guard inner.remaining < before else { throw WireError(.invalidValue, context) }
        }
        return elements
    }

    /// `optional<T>` (RFC 9420 §2.1.1).
    public mutating func optional<T: WireDecodable>(
        _ type: T.Type = T.self, _ context: String = "optional"
    ) throws(WireError) -> T? {
        try isPresent(context) ? try T(from: &self) : nil
    }

    /// The presence octet of an `optional<T>`.
    public mutating func isPresent(_ context: String = "optional") throws(WireError) -> Bool {
        switch try uint8(context) {
        case 0: false
        case 1: true
        default: throw WireError(.unknownValue, context)
        }
    }

    /// The length of a variable-size vector (RFC 9420 §2.1.2), in its shortest form only.
    public mutating func vectorLength(_ context: String = "vector length") throws(WireError) -> Int {
        let first = try uint8(context)
        let (width, smallest): (Int, Int)
        switch first >> 6 {
        case 0: (width, smallest) = (0, 0)
        case 1: (width, smallest) = (1, 1 << 6)
        case 2: (width, smallest) = (3, 1 << 14)
        default: throw WireError(.invalidLength, context)
        }
        var value = Int(first & 0x3f)
        for _ in 0..<width { value = value << 8 | Int(try uint8(context)) }
        guard value >= smallest else { throw WireError(.nonMinimalLength, context) }
        return value
    }

    /// The bytes that `read` takes, and what it made of them: for structures whose exact bytes are signed or hashed.
    public mutating func capturing<T>(
        _ read: (inout Reader) throws(WireError) -> T
    ) throws(WireError) -> (value: T, bytes: [UInt8]) {
        let before = rest
        let value = try read(&self)
        return (value, Array(before.prefix(before.count - rest.count)))
    }
}
