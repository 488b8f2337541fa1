public import WireFormat

/// The number of an extension (§17.3).
public struct ExtensionType: Hashable, Sendable, WireCodable {
    public let value: UInt16
    public init(_ value: UInt16) { self.value = value }
    public init(from reader: inout Reader) throws(WireError) { value = try reader.uint16("extension type") }
    public func encode(to writer: inout Writer) { writer.uint16(value) }

    /// In a leaf: the application's own name for it (§5.3.3).
    public static let applicationID = ExtensionType(0x0001)
    /// In a GroupInfo: the ratchet tree (§12.4.3.3).
    public static let ratchetTree = ExtensionType(0x0002)
    /// In a GroupContext: ``RequiredCapabilities`` (§11.1).
    public static let requiredCapabilities = ExtensionType(0x0003)
    /// In a GroupInfo: the key for external commits (§12.4.3.2).
    public static let externalPub = ExtensionType(0x0004)
    /// In a GroupContext: a list of ``ExternalSender`` (§12.1.8.1).
    public static let externalSenders = ExtensionType(0x0005)
    /// Marks a key package that may be used more than once (draft-ietf-mls-extensions, "Last Resort").
    public static let lastResort = ExtensionType(0x000A)

    /// Those of RFC 9420 itself are supported without being listed in capabilities (§7.2).
    var isDefault: Bool { (0x0001...0x0005).contains(value) }
    /// Of those that are known here, whether it belongs into a key package.
    var isOfKeyPackages: Bool { self == .lastResort }
}

/// `struct { ExtensionType extension_type; opaque extension_data<V>; } Extension;` (§13.4)
public struct Extension: Hashable, Sendable, WireCodable {
    public let type: ExtensionType
    /// Encoded as its type asks.
    public let data: [UInt8]

    public init(_ type: ExtensionType, data: [UInt8]) {
        self.type = type
        self.data = data
    }

    public init(from reader: inout Reader) throws(WireError) {
        type = try ExtensionType(from: &reader)
        data = try reader.opaque("extension data")
    }

    public func encode(to writer: inout Writer) {
        type.encode(to: &writer)
        writer.opaque(data)
    }
}

extension [Extension] {
    /// The extension of that type, if any.
    public func first(of type: ExtensionType) -> Extension? { first { $0.type == type } }

    /// That no type occurs twice (§13.4).
    func checkUnique() throws(MLSError) {
        guard count < 2 || Set(map(\.type)).count == count else {
            throw MLSError(.v37, "an extension list names one type twice")
        }
    }

    /// That one's own extensions do not make a message larger than others take.
    func checkSize() throws(MLSError) { try Limits.check(messageBytes: reduce(0) { $0 + $1.data.count }) }

    /// The `required_capabilities` extension (§11.1), if there is one; what it names twice counts once.
    func requiredCapabilities() throws(MLSError) -> RequiredCapabilities? {
        guard let found = first(of: .requiredCapabilities) else { return nil }
        let required = try decoding { () throws(WireError) in try RequiredCapabilities(decoding: found.data) }
        return RequiredCapabilities(
            extensions: [ExtensionType](Set(required.extensions)), proposals: [UInt16](Set(required.proposals)),
            credentials: [UInt16](Set(required.credentials)))
    }

    /// The `external_senders` extension (§12.1.8.1); empty where there is none.
    func externalSenders() throws(MLSError) -> [ExternalSender] {
        guard let found = first(of: .externalSenders) else { return [] }
        return try decoding { () throws(WireError) in
            var reader = Reader(found.data)
            let senders = try reader.vector(of: ExternalSender.self, "external_senders")
            try reader.finish("external_senders")
            return senders
        }
    }

    /// That extensions of a GroupContext which this library reads can be read.
    func checkForm() throws(MLSError) {
        try checkUnique()
        _ = try requiredCapabilities()
        _ = try externalSenders()
    }
}

/// What every member must support (§11.1).
///
///     struct { ExtensionType extension_types<V>; ProposalType proposal_types<V>;
///              CredentialType credential_types<V>; } RequiredCapabilities;
public struct RequiredCapabilities: Hashable, Sendable, WireCodable {
    /// Types of extensions (§17.3).
    public let extensions: [ExtensionType]
    /// Types of proposals (§17.4).
    public let proposals: [UInt16]
    /// Types of credentials (§17.5): 1 is basic, 2 is X.509.
    public let credentials: [UInt16]

    public init(extensions: [ExtensionType], proposals: [UInt16] = [], credentials: [UInt16] = []) {
        self.extensions = extensions
        self.proposals = proposals
        self.credentials = credentials
    }

    public init(from reader: inout Reader) throws(WireError) {
        extensions = try reader.vector()
        proposals = try reader.uint16s()
        credentials = try reader.uint16s()
    }

    public func encode(to writer: inout Writer) {
        writer.vector(extensions)
        writer.uint16s(proposals)
        writer.uint16s(credentials)
    }

    /// As an entry of a GroupContext's extensions.
    public var asExtension: Extension { Extension(.requiredCapabilities, data: encoded) }
}

/// `struct { SignaturePublicKey signature_key; Credential credential; } ExternalSender;` (§12.1.8.1): somebody outside the
/// group who may propose.
public struct ExternalSender: Hashable, Sendable, WireCodable {
    /// An Ed25519 public key, 32 bytes.
    public let signatureKey: [UInt8]
    public let credential: Credential

    public init(signatureKey: [UInt8], credential: Credential) {
        self.signatureKey = signatureKey
        self.credential = credential
    }

    public init(from reader: inout Reader) throws(WireError) {
        signatureKey = try reader.opaque("signature_key")
        credential = try Credential(from: &reader)
    }

    public func encode(to writer: inout Writer) {
        writer.opaque(signatureKey)
        credential.encode(to: &writer)
    }

    /// `ExternalSender external_senders<V>;` as an entry of a GroupContext's extensions. A sender's index is its place.
    public static func asExtension(_ senders: [ExternalSender]) -> Extension {
        var writer = Writer()
        writer.vector(senders)
        return Extension(.externalSenders, data: writer.bytes)
    }
}

extension Reader {
    /// `uint16 name<V>`.
    mutating func uint16s() throws(WireError) -> [UInt16] {
        try vector { (reader) throws(WireError) in try reader.uint16() }
    }
}

extension Writer {
    mutating func uint16s(_ values: [UInt16]) {
        vector { writer in for value in values { writer.uint16(value) } }
    }
}
