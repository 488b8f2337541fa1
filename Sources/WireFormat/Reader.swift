/// Takes values of the TLS presentation language (RFC 8446 §3) with the variable-size vectors of RFC 9420 §2.1.2 off
/// the front of a byte string. Never reads past its end, and allocates nothing for what a length only claims.
///
/// After an error a reader is of no further use.
public struct Reader: Sendable {
    // The input is never sliced: a vector only moves `end` for a while, so that reading thousands of them costs
    // nothing.
    @usableFromInline let bytes: [UInt8]
    @usableFromInline private(set) var position = 0
    @usableFromInline var end: Int
    @usableFromInline var depth = 0
    @usableFromInline let limits: Limits

    /// Reads `bytes` from their start, within `limits`.
    public init(_ bytes: [UInt8], limits: Limits = .standard) {
        self.bytes = bytes
        end = bytes.count
        self.limits = limits
    }

    /// Whether all was read: of the input, or within a vector of that.
    @inlinable
    public var isAtEnd: Bool { position == end }
    /// Bytes that are still to be read, of the input or within a vector of that.
    @inlinable
    public var remaining: Int { end - position }

    /// Decodes one value that must take up all of `bytes`.
    /// - Throws: `trailingBytes` where something is left over, and what ``WireDecodable/init(from:)`` throws.
    public static func decode<T: WireDecodable>(
        _ type: T.Type = T.self, from bytes: [UInt8], limits: Limits = .standard
    ) throws(WireError) -> T {
        var reader = Reader(bytes, limits: limits)
        let value = try T(from: &reader)
        guard reader.isAtEnd else { throw WireError(.trailingBytes, "\(type)") }
        return value
    }

    /// - Throws: `trailingBytes` unless everything was read.
    public func finish(_ context: String) throws(WireError) {
        guard isAtEnd else { throw WireError(.trailingBytes, context) }
    }

    // MARK: Numbers and bytes

    /// One byte.
    /// - Parameter context: what is being read, for the error, as in all functions here.
    /// - Throws: `truncated`.
    public mutating func uint8(_ context: String = "uint8") throws(WireError) -> UInt8 {
        guard position < end else { throw WireError(.truncated, context) }
        defer { position += 1 }
        return bytes[position]
    }

    /// Two bytes in network order.
    /// - Throws: `truncated`.
    public mutating func uint16(_ context: String = "uint16") throws(WireError) -> UInt16 {
        UInt16(truncatingIfNeeded: try integer(width: 2, context))
    }

    /// Four bytes in network order.
    /// - Throws: `truncated`.
    public mutating func uint32(_ context: String = "uint32") throws(WireError) -> UInt32 {
        UInt32(truncatingIfNeeded: try integer(width: 4, context))
    }

    /// Eight bytes in network order.
    /// - Throws: `truncated`.
    public mutating func uint64(_ context: String = "uint64") throws(WireError) -> UInt64 {
        try integer(width: 8, context)
    }

    /// `width` bytes in network order.
    private mutating func integer(width: Int, _ context: String) throws(WireError) -> UInt64 {
        guard remaining >= width else { throw WireError(.truncated, context) }
        var value: UInt64 = 0
        for index in position..<position + width { value = value << 8 | UInt64(bytes[index]) }
        position += width
        return value
    }

    /// `opaque name[count]`.
    /// - Throws: `truncated`; also for a negative `count`.
    public mutating func fixed(_ count: Int, _ context: String = "fixed") throws(WireError) -> [UInt8] {
        guard count >= 0, remaining >= count else { throw WireError(.truncated, context) }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    /// `opaque name<V>`.
    /// - Parameter limit: bytes that it may have, where that is less than the reader's own limit.
    /// - Throws: `limitExceeded` beside what ``vectorLength(_:)`` throws.
    public mutating func opaque(
        _ context: String = "opaque", atMost limit: Int = .max
    ) throws(WireError) -> [UInt8] {
        try fixed(vectorLength(context, atMost: limit), context)
    }

    // MARK: Enumerations

    /// An enumerated value, as wide as its raw type.
    /// - Throws: `truncated`; `unknownValue` where the enumeration has none such.
    public mutating func enumeration<E: RawRepresentable>(
        _ type: E.Type = E.self, _ context: String = "enum"
    ) throws(WireError) -> E where E.RawValue: FixedWidthInteger & UnsignedInteger {
        let raw = E.RawValue(truncatingIfNeeded: try integer(width: E.RawValue.bitWidth / 8, context))
        guard let value = E(rawValue: raw) else { throw WireError(.unknownValue, context) }
        return value
    }

    // MARK: Vectors
    //
    // What is generic is inlinable, and is then specialised for the caller's types: a tree decodes four times faster.

    /// `T name<V>`: elements until the vector's bytes are used up.
    /// - Parameter limit: bytes that it may have, where that is less than the reader's own limit.
    /// - Throws: as ``vector(_:atMost:element:)``.
    @inlinable
    public mutating func vector<T: WireDecodable>(
        of type: T.Type = T.self, _ context: String = "vector", atMost limit: Int = .max
    ) throws(WireError) -> [T] {
        try vector(context, atMost: limit) { (reader) throws(WireError) in try T(from: &reader) }
    }

    /// As above, with `element` reading each one. An element that takes no bytes is refused: it would never end.
    /// - Parameter limit: bytes that it may have, where that is less than the reader's own limit.
    /// - Throws: `invalidValue` for an element of no bytes; `limitExceeded` at the depth limit or beyond `limit`; and
    ///   what ``vectorLength(_:)`` and `element` throw.
    @inlinable
    public mutating func vector<T>(
        _ context: String = "vector", atMost limit: Int = .max,
        element: (inout Reader) throws(WireError) -> T
    ) throws(WireError) -> [T] {
        let count = try vectorLength(context, atMost: limit)
        guard remaining >= count else { throw WireError(.truncated, context) }
        let outerEnd = end
        end = position + count
        defer { end = outerEnd }
        return try nested(context) { (reader) throws(WireError) in
            var elements: [T] = []
            while !reader.isAtEnd {
                let before = reader.position
                elements.append(try element(&reader))
                guard reader.position > before else { throw WireError(.invalidValue, context) }
            }
            return elements
        }
    }

    /// The length of a variable-size vector (RFC 9420 §2.1.2), in its shortest form only.
    /// - Throws: `truncated`, `invalidLength`, `nonMinimalLength`, `limitExceeded`.
    public mutating func vectorLength(_ context: String = "vector length") throws(WireError) -> Int {
        try vectorLength(context, atMost: .max)
    }

    @usableFromInline
    mutating func vectorLength(_ context: String, atMost limit: Int) throws(WireError) -> Int {
        let first = try uint8(context)
        var value = Int(first & 0x3f)
        switch first >> 6 {
        case 0: break
        case 1:
            value = value << 8 | Int(try uint8(context))
            guard value >= 1 << 6 else { throw WireError(.nonMinimalLength, context) }
        case 2:
            value = value << 24 | Int(try integer(width: 3, context))
            guard value >= 1 << 14 else { throw WireError(.nonMinimalLength, context) }
        default: throw WireError(.invalidLength, context)
        }
        guard value <= min(limit, limits.vectorLength) else { throw WireError(.limitExceeded, context) }
        return value
    }

    // MARK: Optionals and structures

    /// `optional<T>` (RFC 9420 §2.1.1).
    /// - Throws: `limitExceeded` at the depth limit, and what ``isPresent(_:)`` and `T` throw.
    @inlinable
    public mutating func optional<T: WireDecodable>(
        _ type: T.Type = T.self, _ context: String = "optional"
    ) throws(WireError) -> T? {
        guard try isPresent(context) else { return nil }
        return try nested(context) { (reader) throws(WireError) in try T(from: &reader) }
    }

    /// The presence octet of an `optional<T>`; also a boolean.
    /// - Throws: `truncated`; `unknownValue` for an octet other than 0 and 1.
    public mutating func isPresent(_ context: String = "optional") throws(WireError) -> Bool {
        switch try uint8(context) {
        case 0: false
        case 1: true
        default: throw WireError(.unknownValue, context)
        }
    }

    /// Reads one level deeper: for a structure that may contain itself.
    /// - Throws: `limitExceeded` at the depth limit, and what `body` throws.
    @inlinable
    public mutating func nested<T>(
        _ context: String, _ body: (inout Reader) throws(WireError) -> T
    ) throws(WireError) -> T {
        guard depth < limits.depth else { throw WireError(.limitExceeded, context) }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    /// The bytes that `read` takes, and what it made of them: for structures whose exact bytes are signed or hashed.
    /// - Throws: what `read` throws.
    @inlinable
    public mutating func capturing<T>(
        _ read: (inout Reader) throws(WireError) -> T
    ) throws(WireError) -> (value: T, bytes: [UInt8]) {
        let start = position
        let value = try read(&self)
        return (value, Array(bytes[start..<position]))
    }
}
