public import WireFormat

/// What a client supports (§7.2).
///
///     struct { ProtocolVersion versions<V>; CipherSuite cipher_suites<V>; ExtensionType extensions<V>;
///              ProposalType proposals<V>; CredentialType credentials<V>; } Capabilities;
public struct Capabilities: Hashable, Sendable, WireCodable {
    /// Protocol versions (§6): 1 is mls10.
    public let versions: [UInt16]
    /// Numbers of cipher suites (§17.1).
    public let cipherSuites: [UInt16]
    /// Types of extensions (§17.3) beside those of RFC 9420, which go without saying.
    public internal(set) var extensions: [ExtensionType]
    /// Types of proposals (§17.4) beside those of RFC 9420, which go without saying.
    public let proposals: [UInt16]
    /// Types of credentials (§17.5): 1 is basic, 2 is X.509.
    public let credentials: [UInt16]

    /// This library's own: mls10, its suite, and the extensions and types of credential that the application adds; of
    /// these, 1 is basic and 2 is X.509. RFC 9420's own extensions are left out, as they must not be listed (§7.2).
    public init(extensions: [ExtensionType] = [], credentials: [UInt16] = [1]) {
        versions = [ProtocolVersion.mls10]
        cipherSuites = [CipherSuite.x25519ChaCha20SHA256Ed25519.rawValue]
        self.extensions = extensions.filter { !$0.isDefault }
        proposals = []
        self.credentials = credentials
    }

    public init(from reader: inout Reader) throws(WireError) {
        versions = try reader.uint16s()
        cipherSuites = try reader.uint16s()
        extensions = try reader.vector()
        proposals = try reader.uint16s()
        credentials = try reader.uint16s()
    }

    public func encode(to writer: inout Writer) {
        writer.uint16s(versions)
        writer.uint16s(cipherSuites)
        writer.vector(extensions)
        writer.uint16s(proposals)
        writer.uint16s(credentials)
    }

    func supports(_ type: ExtensionType) -> Bool { type.isDefault || extensions.contains(type) }

    /// Whether all of these are supported.
    func supports(_ types: [ExtensionType]) -> Bool { extensions.hasAll(types.filter { !$0.isDefault }) }
    func supports(proposals types: [UInt16]) -> Bool { proposals.hasAll(types.filter { !(1...7).contains($0) }) }
    func supports(credentials types: [UInt16]) -> Bool { credentials.hasAll(types) }
}

extension [Extension] {
    var types: [ExtensionType] { map(\.type) }
}

extension Array where Element: Hashable {
    /// Whether all of `wanted` are here, at the cost of the two lists' lengths and not of their product: both may be
    /// somebody else's.
    fileprivate func hasAll(_ wanted: [Element]) -> Bool {
        guard wanted.count > 8 else { return wanted.allSatisfy { contains($0) } }
        return Set(self).isSuperset(of: wanted)
    }
}

/// `enum { reserved(0), mls10(1), (65535) } ProtocolVersion;` (§6)
enum ProtocolVersion {
    static let mls10: UInt16 = 1

    static func read(from reader: inout Reader) throws(WireError) {
        guard try reader.uint16("protocol version") == mls10 else {
            throw WireError(.unknownValue, "protocol version")
        }
    }
}

/// When a key package may be used, in seconds since 1970 (§7.2). The ``Judge`` compares it with a clock and with the
/// longest that is acceptable.
public struct Lifetime: Hashable, Sendable, WireCodable {
    /// The first second of it.
    public let notBefore: UInt64
    /// The last second of it.
    public let notAfter: UInt64

    /// Both in seconds since 1970. That it does not end before it begins is checked in the leaf that has it (rule v35).
    public init(notBefore: UInt64, notAfter: UInt64) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    public init(from reader: inout Reader) throws(WireError) {
        notBefore = try reader.uint64("not_before")
        notAfter = try reader.uint64("not_after")
    }

    public func encode(to writer: inout Writer) {
        writer.uint64(notBefore)
        writer.uint64(notAfter)
    }
}
