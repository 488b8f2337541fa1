import Foundation
import Sodium
import WireFormat

@testable import MLS

/// What is fed with a fuzzer's input. Whatever the input, nothing may trap; what is read is written as it was.
enum FuzzTarget: String, CaseIterable {
    case message, header, keyPackage, proposal, commit, groupSecrets, ratchetTree, welcome, groupInfo
    case process, processProposal, processCommit, processExternalCommit
    case storedGroup, storedCommit, storedBundle

    func run(_ bytes: [UInt8], on subject: Subject) {
        switch self {
        case .message: roundTrip(MLSMessage.self, bytes)
        case .header: _ = try? MessageHeader(reading: bytes)
        case .keyPackage: _ = try? KeyPackage(decoding: bytes)
        case .proposal: roundTrip(Proposal.self, bytes)
        case .commit: roundTrip(Commit.self, bytes)
        case .groupSecrets: _ = try? GroupSecrets(decoding: SecretBytes(bytes))
        case .ratchetTree: tree(bytes, subject)
        case .welcome:
            _ = try? Group.join(welcome: bytes, bundle: { _ in subject.bundle }, judge: Subject.Open())
        case .groupInfo: groupInfo(bytes, subject)
        case .process: process(bytes, subject)
        case .processProposal:
            guard let proposal = try? Proposal(decoding: bytes) else { return }
            process(try? subject.signed(.proposal(proposal), encoded: bytes, sender: .member(LeafIndex(0))), subject)
        case .processCommit, .processExternalCommit:
            guard let commit = try? Commit(decoding: bytes) else { return }
            let sender = self == .processCommit ? Sender.member(LeafIndex(0)) : .newMemberCommit
            process(try? subject.signed(.commit(commit), encoded: bytes, sender: sender), subject)
        case .storedGroup:
            guard var group = try? Group(serialized: checksummed(bytes)) else { return }
            use(&group, subject)
        case .storedCommit:
            guard let pending = try? PendingCommit(serialized: checksummed(bytes)) else { return }
            _ = pending.serialized()
        case .storedBundle:
            guard let bundle = try? KeyPackageBundle(serialized: SecretBytes(bytes)) else { return }
            _ = bundle.serialized()
        }
    }

    // MARK: What is done with it

    private func roundTrip<T: WireCodable>(_ type: T.Type, _ bytes: [UInt8]) {
        guard let value = try? T(decoding: bytes) else { return }
        precondition(value.encoded == bytes, "\(type) is not written as it was read")
    }

    private func tree(_ bytes: [UInt8], _ subject: Subject) {
        guard var tree = try? RatchetTree(decoding: bytes, suite: subject.first.suite) else { return }
        precondition(tree.encoded == bytes, "a tree is not written as it was read")
        var context = subject.first.context
        context.treeHash = tree.treeHash()
        _ = try? tree.validate(context: context)
        _ = tree.filteredDirectPath(of: LeafIndex(0))
        for (index, _) in tree.members.prefix(3) { try? tree.remove(index) }
        _ = tree.treeHash()
    }

    private func groupInfo(_ bytes: [UInt8], _ subject: Subject) {
        _ = try? Group.joinByCommit(
            groupInfo: bytes,
            client: Group.Joiner(
                credential: .basic(identity: [1]), signer: subject.signers[3], capabilities: Capabilities()),
            judge: Subject.Open())
    }

    private func process(_ message: [UInt8]?, _ subject: Subject) {
        guard let message else { return }
        var group = subject.second
        _ = try? group.process(message, preSharedKeys: { _ in SecretBytes([1]) }, judge: Subject.Open())
        // A proposal that was taken in may be committed.
        guard let reference = group.pendingProposals.first?.reference else { return }
        var plan = CommitPlan()
        plan.references = [reference]
        _ = try? group.commit(
            plan, signer: subject.signers[1], preSharedKeys: { _ in SecretBytes([1]) }, judge: Subject.Open())
    }

    private func use(_ group: inout Group, _ subject: Subject) {
        _ = try? group.protect([1], signer: subject.signers[1])
        _ = try? group.commit(CommitPlan(), signer: subject.signers[1], judge: Subject.Open())
        _ = try? group.propose(.update(LeafChange()), signer: subject.signers[1])
        _ = group.serialized()
    }

    private func checksummed(_ bytes: [UInt8]) -> SecretBytes { SecretBytes(bytes + BLAKE2b.hash(bytes)) }

    // MARK: Seeds

    func seeds(of subject: Subject) -> [[UInt8]] {
        do {
            switch self {
            case .welcome: return [subject.welcome]
            case .groupInfo, .message: return [try subject.first.groupInfo(signer: subject.signers[0])]
            case .ratchetTree: return [subject.first.ratchetTree]
            case .process:
                var group = subject.first
                return [
                    try group.protect([1, 2], signer: subject.signers[0], padding: .none),
                    try subject.first.commit(CommitPlan(), signer: subject.signers[0], judge: Subject.Open()).message,
                ]
            case .processCommit, .commit: return [try commit(CommitPlan(), subject)]
            case .processExternalCommit: return [try externalCommit(subject)]
            case .storedGroup: return [Array(subject.second.serialized().exposedCopy().dropLast(BLAKE2b.digestLength))]
            case .storedCommit:
                let pending = try subject.first.commit(
                    CommitPlan(), signer: subject.signers[0], judge: Subject.Open())
                return [Array(pending.serialized().exposedCopy().dropLast(BLAKE2b.digestLength))]
            case .storedBundle: return [subject.bundle.serialized().exposedCopy()]
            case .keyPackage: return [subject.bundle.keyPackage.encoded]
            default: return []
            }
        } catch { return [] }
    }

    private func commit(_ plan: CommitPlan, _ subject: Subject) throws -> [UInt8] {
        var plan = plan
        plan.format = .publicMessage
        return try content(
            of: subject.first.commit(plan, signer: subject.signers[0], judge: Subject.Open()).message)
    }

    private func externalCommit(_ subject: Subject) throws -> [UInt8] {
        let pending = try Group.joinByCommit(
            groupInfo: subject.first.groupInfo(signer: subject.signers[0]),
            client: Group.Joiner(
                credential: .basic(identity: [1]), signer: subject.signers[3],
                capabilities: Capabilities(extensions: [ExtensionType(0xf101)])),
            judge: Subject.Open())
        return try content(of: pending.message)
    }

    private func content(of message: [UInt8]) throws -> [UInt8] {
        guard case .publicMessage(let message) = try MLSMessage(checking: message) else { return [] }
        var writer = Writer()
        message.content.encodeContent(to: &writer)
        return writer.bytes
    }

    /// From `messages.json` of the working group's vectors.
    func vectors() -> [[UInt8]] {
        let fields: [String]
        switch self {
        case .message, .header, .process:
            fields = [
                "mls_welcome", "mls_group_info", "mls_key_package", "public_message_application",
                "public_message_proposal", "public_message_commit", "private_message",
            ]
        case .keyPackage: fields = ["mls_key_package"]
        case .welcome: fields = ["mls_welcome"]
        case .groupInfo: fields = ["mls_group_info"]
        case .commit, .processCommit, .processExternalCommit: fields = ["commit"]
        case .groupSecrets: fields = ["group_secrets"]
        case .ratchetTree: fields = ["ratchet_tree"]
        case .proposal, .processProposal:
            fields = [
                "add_proposal", "update_proposal", "remove_proposal", "pre_shared_key_proposal", "re_init_proposal",
                "external_init_proposal", "group_context_extensions_proposal",
            ]
        case .storedGroup, .storedCommit, .storedBundle: return []
        }
        guard let folder = ProcessInfo.processInfo.environment["TOCSIN_MLS_VECTORS"],
            let data = FileManager.default.contents(atPath: "\(folder)/messages.json"),
            let cases = try? JSONSerialization.jsonObject(with: data) as? [[String: String]]
        else { return [] }
        let isProposal = self == .proposal || self == .processProposal
        return cases.prefix(12).flatMap { entry in
            fields.enumerated().compactMap { number, field in
                guard let bytes = entry[field].flatMap({ Hexadecimal.decode($0) }) else { return nil }
                return isProposal ? [0, UInt8(number + 1)] + bytes : bytes
            }
        }
    }
}
