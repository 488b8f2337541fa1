/// A structure of the TLS presentation language that can be written.
public protocol WireEncodable {
    /// Appends this value's encoding to what `writer` holds.
    func encode(to writer: inout Writer)
}

/// A structure of the TLS presentation language that can be read. What was read is unverified until a caller verifies
/// it.
public protocol WireDecodable {
    /// Reads one value off the front of what `reader` has left; what follows stays there.
    /// - Throws: what the reader's functions throw; `invalidValue` is for rules of the structure itself.
    init(from reader: inout Reader) throws(WireError)
}

/// A structure that can be written and read: what it reads, it writes again as the same bytes.
public typealias WireCodable = WireEncodable & WireDecodable

extension WireEncodable {
    /// This value's encoding.
    public var encoded: [UInt8] { Writer.encode(self) }
}

extension WireDecodable {
    /// Decodes a value that must take up all of `bytes`.
    /// - Throws: `trailingBytes` where something is left over, and what ``WireDecodable/init(from:)`` throws.
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try Reader.decode(from: bytes) }

    /// As above, within other limits than the standard ones.
    /// - Throws: as ``init(decoding:)``; `limitExceeded` beyond `limits`.
    public init(decoding bytes: [UInt8], limits: Reader.Limits) throws(WireError) {
        self = try Reader.decode(from: bytes, limits: limits)
    }
}
