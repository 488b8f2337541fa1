public import WireFormat

/// Who a leaf is (§5.3). The application judges it; see ``Judge``.
public enum Credential: Hashable, Sendable, WireCodable {
    /// A name in a form of the application's own, which nothing but the judge vouches for.
    case basic(identity: [UInt8])
    /// A chain of DER certificates, end entity first. They are not read here: that they are valid, and that the first
    /// one's key is the leaf's signature key (§5.3), is for the judge to check.
    case x509(chain: [[UInt8]])

    var type: UInt16 {
        switch self {
        case .basic: 1
        case .x509: 2
        }
    }

    public init(from reader: inout Reader) throws(WireError) {
        switch try reader.uint16("credential type") {
        case 1: self = .basic(identity: try reader.opaque("identity"))
        case 2:
            self = .x509(
                chain: try reader.vector("certificates") { (reader) throws(WireError) in
                    try reader.opaque("certificate")
                })
        default: throw WireError(.unknownValue, "credential type")
        }
    }

    public func encode(to writer: inout Writer) {
        writer.uint16(type)
        switch self {
        case .basic(let identity): writer.opaque(identity)
        case .x509(let chain):
            writer.vector { writer in for certificate in chain { writer.opaque(certificate) } }
        }
    }
}
