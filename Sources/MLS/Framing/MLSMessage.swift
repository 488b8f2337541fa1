import WireFormat

/// `struct { ProtocolVersion version = mls10; WireFormat wire_format; select …; } MLSMessage;` (§6)
enum MLSMessage: Sendable, WireCodable {
    case publicMessage(PublicMessage)
    case privateMessage(PrivateMessage)
    case welcome(Welcome)
    case groupInfo(UnverifiedGroupInfo)
    case keyPackage(UnverifiedKeyPackage)

    /// Decodes a message that came from outside, after checking its size.
    init(checking bytes: [UInt8]) throws(MLSError) {
        try Limits.check(messageBytes: bytes.count)
        var reader = Reader(bytes)
        if let version = try? reader.uint16(), version != ProtocolVersion.mls10 {
            throw MLSError(.v1, "a message is of another protocol version")
        }
        self = try decoding { () throws(WireError) in
            try MLSMessage(decoding: bytes, limits: Reader.Limits(depth: Limits.nesting))
        }
    }

    /// To be sent: what others would refuse for its size is not.
    func checkedEncoding() throws(MLSError) -> [UInt8] {
        let bytes = encoded
        try Limits.check(messageBytes: bytes.count)
        return bytes
    }

    init(from reader: inout Reader) throws(WireError) {
        try ProtocolVersion.read(from: &reader)
        switch MessageFormat(rawValue: try reader.uint16("wire_format")) {
        case .publicMessage: self = .publicMessage(try PublicMessage(from: &reader))
        case .privateMessage: self = .privateMessage(try PrivateMessage(from: &reader))
        case .welcome: self = .welcome(try Welcome(from: &reader))
        case .groupInfo: self = .groupInfo(try UnverifiedGroupInfo(from: &reader))
        case .keyPackage: self = .keyPackage(try UnverifiedKeyPackage(from: &reader))
        case nil: throw WireError(.unknownValue, "wire_format")
        }
    }

    func encode(to writer: inout Writer) {
        writer.uint16(ProtocolVersion.mls10)
        switch self {
        case .publicMessage(let message):
            writer.uint16(MessageFormat.publicMessage.rawValue)
            message.encode(to: &writer)
        case .privateMessage(let message):
            writer.uint16(MessageFormat.privateMessage.rawValue)
            message.encode(to: &writer)
        case .welcome(let welcome):
            writer.uint16(MessageFormat.welcome.rawValue)
            welcome.encode(to: &writer)
        case .groupInfo(let groupInfo):
            writer.uint16(MessageFormat.groupInfo.rawValue)
            groupInfo.encode(to: &writer)
        case .keyPackage(let keyPackage):
            writer.uint16(MessageFormat.keyPackage.rawValue)
            keyPackage.encode(to: &writer)
        }
    }
}

/// The clear fields of a message, readable without a key. Nothing of it is verified.
public struct MessageHeader: Hashable, Sendable {
    public let groupID: [UInt8]
    public let epoch: Epoch
    public let contentType: ContentType
    public let authenticatedData: [UInt8]

    /// - Throws: `malformed`, `limitExceeded`, rule v1, and `wrongContentType` where it is neither PublicMessage nor
    ///   PrivateMessage.
    public init(reading message: [UInt8]) throws(MLSError) {
        switch try MLSMessage(checking: message) {
        case .privateMessage(let message):
            groupID = message.groupID
            epoch = message.epoch
            contentType = message.contentType
            authenticatedData = message.authenticatedData
        case .publicMessage(let message):
            groupID = message.content.groupID
            epoch = message.content.epoch
            contentType = message.content.content.type
            authenticatedData = message.content.authenticatedData
        case .welcome, .groupInfo, .keyPackage:
            throw MLSError(.wrongContentType, "this is no message to a group")
        }
    }
}
