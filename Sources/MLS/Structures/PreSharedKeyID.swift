public import WireFormat

/// Which pre-shared key (§8.4).
public struct PreSharedKeyID: Hashable, Sendable, WireCodable {
    /// What a resumption PSK is for (§8.4).
    public enum Usage: UInt8, Sendable {
        /// Whatever the application wants: for example to prove that one was a member.
        case application = 1
        /// The first commit of a group that continues another: after a ReInit (§11.2), or as a branch (§11.3).
        case reInit, branch
    }
    /// Where the key comes from.
    public enum Kind: Hashable, Sendable {
        /// From outside MLS, under a name that the members know it by.
        case external(id: [UInt8])
        /// The resumption PSK of an epoch of this group or another (§8.6).
        case resumption(usage: Usage, groupID: [UInt8], epoch: Epoch)
    }
    public let kind: Kind
    /// Fresh for each use: as many random bytes as the suite's hash has.
    public let nonce: [UInt8]

    init(kind: Kind, nonce: [UInt8]) {
        self.kind = kind
        self.nonce = nonce
    }

    public init(from reader: inout Reader) throws(WireError) {
        switch try reader.uint8("PSKType") {
        case 1: kind = .external(id: try reader.opaque("psk_id"))
        case 2:
            guard let usage = Usage(rawValue: try reader.uint8("ResumptionPSKUsage")) else {
                throw WireError(.unknownValue, "ResumptionPSKUsage")
            }
            kind = .resumption(
                usage: usage, groupID: try reader.opaque("psk_group_id"), epoch: try Epoch(from: &reader))
        default: throw WireError(.unknownValue, "PSKType")
        }
        nonce = try reader.opaque("psk_nonce")
    }

    public func encode(to writer: inout Writer) {
        switch kind {
        case .external(let id):
            writer.uint8(1)
            writer.opaque(id)
        case .resumption(let usage, let groupID, let epoch):
            writer.uint8(2)
            writer.uint8(usage.rawValue)
            writer.opaque(groupID)
            epoch.encode(to: &writer)
        }
        writer.opaque(nonce)
    }
}

extension PreSharedKeyID {
    /// The group and epoch that a new group continues, where this is a PSK for reinit or branch (§11.2, §11.3).
    var continues: (usage: Usage, groupID: [UInt8], epoch: Epoch)? {
        guard case .resumption(let usage, let groupID, let epoch) = kind, usage != .application else { return nil }
        return (usage, groupID, epoch)
    }
}
