/// A structure of the TLS presentation language that can be written.
public protocol WireEncodable {
    func encode(to writer: inout Writer)
}

/// A structure of the TLS presentation language that can be read. What was read is unverified until a caller verifies
/// it.
public protocol WireDecodable {
    init(from reader: inout Reader) throws(WireError)
}

public typealias WireCodable = WireEncodable & WireDecodable

extension WireEncodable {
    /// This value's encoding.
    public var encoded: [UInt8] { Writer.encode(self) }
}

extension WireDecodable {
    /// Decodes a value that must take up all of `bytes`.
    public init(decoding bytes: [UInt8]) throws(WireError) { self = try Reader.decode(from: bytes) }

    /// As above, within other limits than the standard ones.
    public init(decoding bytes: [UInt8], limits: Reader.Limits) throws(WireError) {
        self = try Reader.decode(from: bytes, limits: limits)
    }
}
