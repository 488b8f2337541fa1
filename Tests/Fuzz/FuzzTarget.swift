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
    // What members make of it all.
    case exchange
    // What is stored.
    case storedGroup, storedCommit, storedBundle

    /// How much an input may take, in bytes: of each member's state that it meets, 64 times its size, and what a group's
    /// own state and what is made of it take however small the input is.
    func memory(for input: [UInt8]) -> Int {
        let states = self == .exchange ? 4 : 1
        return states * (64 * input.count + 32 << 10)
    }

    /// - Returns: whether all of the input was taken, or was refused for its confirmation tag only, which the fuzzer
    ///   cannot make.
    func run(_ bytes: [UInt8], on subject: Subject) -> Bool {
        switch self {
        case .reader: return ReaderScript.run(bytes)
        case .hexadecimal:
            let text = String(decoding: bytes, as: UTF8.self)
            guard let decoded = Hexadecimal.decode(text) else { return false }
            insist(Hexadecimal.encode(decoded) == text, "hexadecimal is not written as it was read")
            return true
        case .sealed: return opensSealed(bytes, subject)
        case .secretStream: return opensStream(bytes, subject)

        case .message:
            _ = try? MessageHeader(reading: bytes)
            return roundTrip(MLSMessage.self, bytes)
        case .keyPackage:
            guard let package = try? KeyPackage(decoding: bytes) else { return false }
            insist(package.encoded == bytes, "a key package is not written as it was read")
            return true
        case .proposal: return roundTrip(Proposal.self, bytes)
        case .commit: return roundTrip(Commit.self, bytes)
        case .ratchetTree: return tree(bytes, subject)
        case .evidence:
            let message = try? ProvenMessage(
                evidence: bytes, context: subject.first.context, signatureKey: subject.signers[0].publicKey.bytes)
            return message != nil

        case .welcome: return join(bytes, subject)
        case .groupInfo: return joinByCommit(bytes, subject)
        case .process: return process(bytes, subject)
        case .processExternalProposal: return process(subject.proposalFromOutside(bytes), subject)
        case .processExternalCommit: return process(subject.commit(bytes, by: .newMemberCommit), subject)

        case .welcomeInfo:
            // Of the two, an honest one is of one kind.
            let isJoined = join(subject.welcome(info: bytes), subject)
            return joinByCommit(subject.groupInfo(resigning: bytes), subject) || isJoined
        case .welcomeSecrets:
            if let secrets = try? GroupSecrets(decoding: SecretBytes(bytes)) {
                insist(secrets.encoded().exposedCopy() == bytes, "secrets are not written as they were read")
            }
            return join(subject.welcome(secrets: bytes), subject)
        case .processPrivate: return process(subject.privateMessage(bytes), subject)
        case .processProposal: return process(subject.proposal(bytes), subject)
        case .processCommit: return process(subject.commit(bytes, by: .member(LeafIndex(0))), subject)
        case .exchange: return Exchange.run(bytes, subject.crowd)

        case .storedGroup:
            guard var group = try? Group(serialized: checksummed(bytes)) else { return false }
            use(&group, subject)
            return true
        case .storedCommit:
            guard let pending = try? PendingCommit(serialized: checksummed(bytes)) else { return false }
            _ = pending.serialized()
            var next = pending.next
            use(&next, subject)
            return true
        case .storedBundle:
            guard let bundle = try? KeyPackageBundle(serialized: checksummed(bytes)) else { return false }
            _ = bundle.serialized()
            let welcome = MLSMessage.welcome(subject.welcome).encoded
            _ = try? Group.join(welcome: welcome, bundle: { _ in bundle }, judge: Subject.Open())
            return true
        }
    }

    // MARK: Sodium

    /// The input's first bytes are whatever is needed before a ciphertext: an encapsulated key, a nonce, a public key.
    private func opensSealed(_ bytes: [UInt8], _ subject: Subject) -> Bool {
        let (front, key) = (Array(bytes.prefix(32)), SecretBytes.random(count: 32))
        let rest = Array(bytes.dropFirst(32))
        let sealed = HPKE.Sealed(encapsulatedKey: front, ciphertext: rest)
        _ = try? HPKE.open(sealed, with: subject.decryptionKey, info: rest, authenticating: front)
        var isOpened = false
        if var opener = try? HPKE.setUpRecipient(
            encapsulatedKey: front, recipient: subject.decryptionKey, info: [])
        {
            isOpened = (try? opener.open(rest)) != nil
        }
        let nonce = Array(bytes.prefix(ChaCha20Poly1305.nonceLength))
        _ = try? ChaCha20Poly1305.open(rest, key: key, nonce: nonce, authenticating: front)
        _ = try? XChaCha20Poly1305.open(bytes, key: key, authenticating: front)
        _ = (try? Ed25519.PublicKey(front))?.isValidSignature(Array(rest.prefix(Ed25519.signatureLength)), for: rest)
        _ = HMACSHA256.isValid(front, for: rest, key: key)
        return isOpened
    }

    private func opensStream(_ bytes: [UInt8], _ subject: Subject) -> Bool {
        let header = Array(bytes.prefix(SecretStream.headerLength))
        guard var opener = try? SecretStream.Opener(key: subject.streamKey, header: header) else { return false }
        var reader = Reader(Array(bytes.dropFirst(SecretStream.headerLength)))
        var opened = 0
        while let message = try? reader.opaque() { if (try? opener.open(message)) != nil { opened += 1 } }
        return opened > 0
    }

    // MARK: MLS

    private func roundTrip<T: WireCodable>(_ type: T.Type, _ bytes: [UInt8]) -> Bool {
        guard let value = try? T(decoding: bytes) else { return false }
        insist(value.encoded == bytes, "\(type) is not written as it was read")
        return true
    }

    private func tree(_ bytes: [UInt8], _ subject: Subject) -> Bool {
        guard var tree = try? RatchetTree(decoding: bytes, suite: subject.first.suite) else { return false }
        insist(tree.encoded == bytes, "a tree is not written as it was read")
        var context = subject.first.context
        context.treeHash = tree.treeHash()
        let isValid = (try? tree.validate(context: context)) != nil
        _ = tree.filteredDirectPath(of: LeafIndex(0))
        for (index, _) in tree.members.prefix(3) { try? tree.remove(index) }
        _ = tree.treeHash()
        return isValid
    }

    private func join(_ message: [UInt8]?, _ subject: Subject) -> Bool {
        guard let message else { return false }
        let bundle: ([UInt8]) -> KeyPackageBundle? = { _ in subject.bundle }
        let psk: PSKLookup = { _ in SecretBytes([1]) }
        _ = try? Group.join(
            welcome: message, bundle: bundle, ratchetTree: subject.first.ratchetTree, preSharedKeys: psk,
            continuing: subject.first, judge: Subject.Open())
        let group = try? Group.join(welcome: message, bundle: bundle, preSharedKeys: psk, judge: Subject.Open())
        return group != nil
    }

    private func joinByCommit(_ info: [UInt8]?, _ subject: Subject) -> Bool {
        guard let info else { return false }
        let pending = try? Group.joinByCommit(
            groupInfo: info,
            client: Group.Joiner(
                credential: .basic(identity: [1]), signer: subject.signers[3],
                capabilities: Capabilities(extensions: [ExtensionType(0xf101)])),
            judge: Subject.Open())
        return pending != nil
    }

    private func process(_ message: [UInt8]?, _ subject: Subject) -> Bool {
        guard let message else { return false }
        var group = subject.second
        do {
            _ = try group.process(message, preSharedKeys: { _ in SecretBytes([1]) }, judge: Subject.Open())
        } catch {
            insist(
                group.serialized().constantTimeEquals(subject.second.serialized()), "what was refused left a trace")
            return (error as? UnusableCommit)?.cause.rule == .v20
        }
        // A proposal that was taken in may be committed.
        guard let reference = group.pendingProposals.first?.reference else { return true }
        var plan = CommitPlan()
        plan.references = [reference]
        _ = try? group.commit(
            plan, signer: subject.signers[1], preSharedKeys: { _ in SecretBytes([1]) }, judge: Subject.Open())
        return true
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
