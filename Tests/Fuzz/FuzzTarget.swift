import Sodium
import WireFormat

@testable import MLS

/// What is fed with a fuzzer's input. Whatever the input, nothing may trap; what is read is written as it was.
enum FuzzTarget: String, CaseIterable {
    // WireFormat and Sodium.
    case reader, hexadecimal, sealed, secretStream
    // The structures of RFC 9420.
    case message, keyPackage, proposal, commit, ratchetTree, evidence
    // What outsiders can send.
    case welcome, groupInfo, process, processExternalProposal, processExternalCommit
    // What members can send, who have the keys.
    case welcomeInfo, welcomeSecrets, processPrivate, processProposal, processCommit
    // What is stored.
    case storedGroup, storedCommit, storedBundle

    func run(_ bytes: [UInt8], on subject: Subject) {
        switch self {
        case .reader: ReaderScript.run(bytes)
        case .hexadecimal:
            let text = String(decoding: bytes, as: UTF8.self)
            guard let decoded = Hexadecimal.decode(text) else { return }
            insist(Hexadecimal.encode(decoded) == text, "hexadecimal is not written as it was read")
        case .sealed: sealed(bytes, subject)
        case .secretStream: secretStream(bytes, subject)

        case .message:
            roundTrip(MLSMessage.self, bytes)
            _ = try? MessageHeader(reading: bytes)
        case .keyPackage:
            guard let package = try? KeyPackage(decoding: bytes) else { return }
            insist(package.encoded == bytes, "a key package is not written as it was read")
        case .proposal: roundTrip(Proposal.self, bytes)
        case .commit: roundTrip(Commit.self, bytes)
        case .ratchetTree: tree(bytes, subject)
        case .evidence:
            _ = try? ProvenMessage(
                evidence: bytes, context: subject.first.context, signatureKey: subject.signers[0].publicKey.bytes)

        case .welcome: join(bytes, subject)
        case .groupInfo: joinByCommit(bytes, subject)
        case .process: process(bytes, subject)
        case .processExternalProposal: process(subject.proposalFromOutside(bytes), subject)
        case .processExternalCommit: process(subject.commit(bytes, by: .newMemberCommit), subject)

        case .welcomeInfo:
            join(subject.welcome(info: bytes), subject)
            joinByCommit(subject.groupInfo(resigning: bytes), subject)
        case .welcomeSecrets:
            if let secrets = try? GroupSecrets(decoding: SecretBytes(bytes)) {
                insist(secrets.encoded().exposedCopy() == bytes, "secrets are not written as they were read")
            }
            join(subject.welcome(secrets: bytes), subject)
        case .processPrivate: process(subject.privateMessage(bytes), subject)
        case .processProposal: process(subject.proposal(bytes), subject)
        case .processCommit: process(subject.commit(bytes, by: .member(LeafIndex(0))), subject)

        case .storedGroup:
            guard var group = try? Group(serialized: checksummed(bytes)) else { return }
            use(&group, subject)
        case .storedCommit:
            guard let pending = try? PendingCommit(serialized: checksummed(bytes)) else { return }
            _ = pending.serialized()
            var next = pending.next
            use(&next, subject)
        case .storedBundle:
            guard let bundle = try? KeyPackageBundle(serialized: checksummed(bytes)) else { return }
            _ = bundle.serialized()
            let welcome = MLSMessage.welcome(subject.welcome).encoded
            _ = try? Group.join(welcome: welcome, bundle: { _ in bundle }, judge: Subject.Open())
        }
    }

    // MARK: Sodium

    /// The input's first bytes are whatever is needed before a ciphertext: an encapsulated key, a nonce, a public key.
    private func sealed(_ bytes: [UInt8], _ subject: Subject) {
        let (front, key) = (Array(bytes.prefix(32)), SecretBytes.random(count: 32))
        let rest = Array(bytes.dropFirst(32))
        let sealed = HPKE.Sealed(encapsulatedKey: front, ciphertext: rest)
        _ = try? HPKE.open(sealed, with: subject.decryptionKey, info: rest, authenticating: front)
        if var opener = try? HPKE.setUpRecipient(
            encapsulatedKey: front, recipient: subject.decryptionKey, info: [])
        {
            _ = try? opener.open(rest)
        }
        let nonce = Array(bytes.prefix(ChaCha20Poly1305.nonceLength))
        _ = try? ChaCha20Poly1305.open(rest, key: key, nonce: nonce, authenticating: front)
        _ = try? XChaCha20Poly1305.open(bytes, key: key, authenticating: front)
        _ = (try? Ed25519.PublicKey(front))?.isValidSignature(Array(rest.prefix(Ed25519.signatureLength)), for: rest)
        _ = HMACSHA256.isValid(front, for: rest, key: key)
    }

    private func secretStream(_ bytes: [UInt8], _ subject: Subject) {
        let header = Array(bytes.prefix(SecretStream.headerLength))
        guard var opener = try? SecretStream.Opener(key: subject.streamKey, header: header) else { return }
        var reader = Reader(Array(bytes.dropFirst(SecretStream.headerLength)))
        while let message = try? reader.opaque() { _ = try? opener.open(message) }
    }

    // MARK: MLS

    private func roundTrip<T: WireCodable>(_ type: T.Type, _ bytes: [UInt8]) {
        guard let value = try? T(decoding: bytes) else { return }
        insist(value.encoded == bytes, "\(type) is not written as it was read")
    }

    private func tree(_ bytes: [UInt8], _ subject: Subject) {
        guard var tree = try? RatchetTree(decoding: bytes, suite: subject.first.suite) else { return }
        insist(tree.encoded == bytes, "a tree is not written as it was read")
        var context = subject.first.context
        context.treeHash = tree.treeHash()
        _ = try? tree.validate(context: context)
        _ = tree.filteredDirectPath(of: LeafIndex(0))
        for (index, _) in tree.members.prefix(3) { try? tree.remove(index) }
        _ = tree.treeHash()
    }

    private func join(_ message: [UInt8]?, _ subject: Subject) {
        guard let message else { return }
        let bundle: ([UInt8]) -> KeyPackageBundle? = { _ in subject.bundle }
        let psk: PSKLookup = { _ in SecretBytes([1]) }
        _ = try? Group.join(welcome: message, bundle: bundle, preSharedKeys: psk, judge: Subject.Open())
        _ = try? Group.join(
            welcome: message, bundle: bundle, ratchetTree: subject.first.ratchetTree, preSharedKeys: psk,
            continuing: subject.first, judge: Subject.Open())
    }

    private func joinByCommit(_ info: [UInt8]?, _ subject: Subject) {
        guard let info else { return }
        _ = try? Group.joinByCommit(
            groupInfo: info,
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
        for message in subject.sent {
            var receiver = group
            _ = try? receiver.process(message, judge: Subject.Open())
        }
        _ = try? group.protect([1], signer: subject.signers[1])
        _ = try? group.commit(CommitPlan(), signer: subject.signers[1], judge: Subject.Open())
        _ = try? group.propose(.update(LeafChange()), signer: subject.signers[1])
        _ = group.serialized()
    }

    private func checksummed(_ bytes: [UInt8]) -> SecretBytes { SecretBytes(bytes + BLAKE2b.hash(bytes)) }
}
