import Foundation
import Sodium
import WireFormat

@testable import MLS

extension FuzzTarget {
    /// Real inputs of this target, made here.
    func seeds(of subject: Subject) -> [[UInt8]] {
        do { return try made(subject) } catch { fatalError("no seeds for \(self): \(error)") }
    }

    private func made(_ subject: Subject) throws -> [[UInt8]] {
        let checksum = BLAKE2b.digestLength
        switch self {
        case .reader: return [[5, 8, 9, 10, 1, 7, 11, 12, 4, 4, 4, 4] + [0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 1, 1]]
        case .hexadecimal: return [Array("00ff".utf8)]
        case .sealed:
            let sealed = try HPKE.seal([1, 2], to: subject.decryptionKey.publicKey, info: [])
            return [sealed.encapsulatedKey + sealed.ciphertext]
        case .secretStream:
            var sealer = try SecretStream.Sealer(key: subject.streamKey)
            var writer = Writer()
            writer.fixed(sealer.header)
            writer.opaque(try sealer.seal([1, 2], tag: .rekey))
            writer.opaque(try sealer.seal([], tag: .final))
            return [writer.bytes]

        case .ratchetTree: return [subject.first.ratchetTree, subject.crowd.committer.ratchetTree]
        case .evidence:
            var listener = subject.second
            guard case .application(let message) = try listener.process(subject.sent[0], judge: Subject.Open()) else {
                return []
            }
            return [message.evidence]
        case .keyPackage: return [subject.bundle.keyPackage.encoded]
        case .welcomeSecrets: return [subject.opening.secrets.encoded().exposedCopy()]
        case .welcome: return [MLSMessage.welcome(subject.welcome).encoded]
        case .welcomeInfo:
            let message = try subject.first.groupInfo(signer: subject.signers[0])
            guard case .groupInfo(let info) = try MLSMessage(checking: message) else { return [] }
            return [subject.opening.groupInfo.encoded, info.encoded]
        case .groupInfo, .message: return [try subject.first.groupInfo(signer: subject.signers[0])]
        case .process:
            var group = subject.first
            return [
                try group.protect([1, 2], signer: subject.signers[0], padding: .none),
                try subject.first.commit(CommitPlan(), signer: subject.signers[0], judge: Subject.Open()).message,
            ]
        case .processPrivate:
            return [[0, 2, 1, 2], [1, 0, 3, 0, 0, 0, 2], [2] + (try commit(subject))]
        case .processCommit, .commit: return [try commit(subject)]
        case .processExternalCommit: return [try externalCommit(subject)]
        case .proposal, .processProposal: return try proposals(subject)
        case .processExternalProposal:
            let made = try proposals(subject)
            return [[0] + made[0], [1] + made[0], [0] + made[2], [0] + made[3]]

        case .exchange: return try exchanges(subject)

        case .storedGroup:
            return [subject.second, subject.later, subject.crowd.receivers[0]].map {
                Array($0.serialized().exposedCopy().dropLast(checksum))
            }
        case .storedCommit:
            let pending = try subject.first.commit(CommitPlan(), signer: subject.signers[0], judge: Subject.Open())
            return [Array(pending.serialized().exposedCopy().dropLast(checksum))]
        case .storedBundle: return [Array(subject.bundle.serialized().exposedCopy().dropLast(checksum))]
        }
    }

    /// Inputs whose vectors hold as many of the smallest elements as there is room for: what takes the most memory for
    /// its size.
    func dense(_ subject: Subject) -> [[UInt8]] {
        func vector(_ element: [UInt8], times: Int = 3000) -> [UInt8] {
            Writer.encode(Opaque(bytes: Array(repeatElement(element, count: times).joined())))
        }
        let blanks = Array(subject.first.ratchetTree.dropFirst(2)) + [UInt8](repeating: 0, count: 12_000)
        let context: [UInt8] = [0, 1, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]
        let references = vector([2, 1, 9])
        switch self {
        case .reader:
            let read = vector([0], times: 7000)
            return [5, 8, 10, 11].map { [$0] + [UInt8](repeating: 0, count: read.count - 1) + read }
        case .hexadecimal: return [[UInt8](repeating: 0x30, count: 12_000)]
        case .secretStream: return [[UInt8](repeating: 0, count: 12_000)]
        case .commit, .processCommit, .processExternalCommit:
            return [references + [0], vector([1, 0, 3, 0, 0, 0, 1], times: 1500) + [0], vector([1, 0, 7, 0]) + [0]]
        case .proposal, .processProposal: return [[0, 7] + vector([0xf0, 1, 0])]
        case .processExternalProposal: return [[0, 0, 7] + vector([0xf0, 1, 0])]
        case .processPrivate: return [[1, 0, 7] + vector([0xf0, 1, 0]), [2] + references + [0]]
        case .exchange:
            let author = Exchange.Author.member.rawValue
            return [[0] + (0..<UInt8.max).flatMap { [author] + Proposal.remove(LeafIndex(UInt32($0))).encoded }]
        case .ratchetTree: return [Writer.encode(Opaque(bytes: blanks)), vector([0], times: 12_000)]
        case .welcome, .message: return [[0, 1, 0, 3, 0, 3] + vector([0, 0, 0]) + [0]]
        case .welcomeSecrets: return [[0, 0] + vector([1, 0, 0])]
        case .welcomeInfo: return [context + vector([0xf0, 1, 0]) + [0, 0, 0, 0, 0, 0, 0]]
        case .groupInfo, .process: return [[0, 1, 0, 4] + context + vector([0xf0, 1, 0]) + [0, 0, 0, 0, 0, 0, 0]]
        case .sealed, .keyPackage, .evidence, .storedGroup, .storedCommit, .storedBundle: return []
        }
    }

    private struct Opaque: WireEncodable {
        let bytes: [UInt8]
        func encode(to writer: inout Writer) { writer.opaque(bytes) }
    }

    private func proposals(_ subject: Subject) throws -> [[UInt8]] {
        var group = subject.first
        let changes: [Change] = [
            .add(subject.bundle.keyPackage), .update(LeafChange()), .remove(LeafIndex(2)),
            .preSharedKey(.external(id: [1])),
        ]
        return try changes.map { change in
            try content(of: group.propose(change, signer: subject.signers[0], format: .publicMessage))
        }
    }

    private func exchanges(_ subject: Subject) throws -> [[UInt8]] {
        typealias Part = (author: Exchange.Author, proposal: [UInt8])
        func exchange(_ options: Exchange.Options, _ parts: Part...) -> [UInt8] {
            [options.rawValue] + parts.flatMap { [$0.author.rawValue] + $0.proposal }
        }
        func remove(_ index: UInt32) -> [UInt8] { Proposal.remove(LeafIndex(index)).encoded }
        let made = try proposals(subject)
        let (add, update, external) = (made[0], made[1], made[3])
        let crowd = subject.crowd.committer
        let resumption = Proposal.preSharedKey(
            PreSharedKeyID(
                kind: .resumption(usage: .application, groupID: crowd.id, epoch: crowd.epoch),
                nonce: [UInt8](repeating: 1, count: 32))
        ).encoded
        let extensions = Proposal.groupContextExtensions([Extension(ExtensionType(0xf101), data: [1])]).encoded
        let reInit = Proposal.reInit(ReInit(groupID: [9], extensions: [])).encoded
        return [
            exchange([]), exchange([.newSigner]),
            exchange([], (.committer, add), (.privateMember, add), (.outsider, add), (.newMember, add)),
            exchange([.treeApart, .welcomeEach], (.committer, add), (.member, add), (.committer, resumption)),
            exchange([.unforcedPath, .publicMessage], (.committer, add), (.outsider, external)),
            exchange([], (.member, update), (.privateMember, update), (.receiver, update)),
            exchange([.latestFirst], (.committer, remove(2)), (.privateMember, remove(6)), (.outsider, remove(9))),
            exchange([.publicMessage, .newSigner], (.committerBefore, remove(1)), (.committerBefore, add)),
            exchange([], (.committer, extensions), (.member, resumption), (.committer, external)),
            exchange([], (.member, reInit)), exchange([.external]),
            exchange([.external, .treeApart], (.committer, remove(9)), (.committer, external)),
        ]
    }

    private func commit(_ subject: Subject) throws -> [UInt8] {
        var plan = CommitPlan()
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

    /// From `messages.json` of the working group's vectors, where `TOCSIN_MLS_VECTORS` names their folder.
    func vectors() -> [[UInt8]] {
        guard let folder = ProcessInfo.processInfo.environment["TOCSIN_MLS_VECTORS"],
            let data = FileManager.default.contents(atPath: "\(folder)/messages.json"),
            let cases = try? JSONSerialization.jsonObject(with: data) as? [[String: String]]
        else { return [] }
        return cases.prefix(12).flatMap { entry in
            vectorFields.compactMap { field, prefix in
                entry[field].flatMap { Hexadecimal.decode($0) }.map { prefix + $0 }
            }
        }
    }

    /// The fields of a case that hold inputs of this target, and what goes before each.
    private var vectorFields: [(name: String, prefix: [UInt8])] {
        let proposals = [
            "add_proposal", "update_proposal", "remove_proposal", "pre_shared_key_proposal", "re_init_proposal",
            "external_init_proposal", "group_context_extensions_proposal",
        ].enumerated().map { (name: $1, prefix: [0, UInt8($0 + 1)]) }
        switch self {
        case .message, .process:
            return [
                "mls_welcome", "mls_group_info", "mls_key_package", "public_message_application",
                "public_message_proposal", "public_message_commit", "private_message",
            ].map { ($0, []) }
        case .keyPackage: return [("mls_key_package", [])]
        case .welcome: return [("mls_welcome", [])]
        case .groupInfo: return [("mls_group_info", [])]
        case .commit, .processCommit, .processExternalCommit: return [("commit", [])]
        case .processPrivate: return [("commit", [2])]
        case .welcomeSecrets: return [("group_secrets", [])]
        case .ratchetTree: return [("ratchet_tree", [])]
        case .proposal, .processProposal: return proposals
        case .processExternalProposal: return proposals.map { ($0.name, [1] + $0.prefix) }
        case .exchange: return proposals.map { ($0.name, [0, Exchange.Author.member.rawValue] + $0.prefix) }
        case .reader, .hexadecimal, .sealed, .secretStream, .evidence, .welcomeInfo, .storedGroup, .storedCommit,
            .storedBundle:
            return []
        }
    }
}
