import Sodium
import WireFormat

enum DeserializationVectors {
    static func check(_ value: VectorValue) throws {
        var reader = Reader(try value["vlbytes_header"].bytes)
        try require(reader.vectorLength() == value["length"].integer(), "length")
        try reader.finish("vlbytes_header")
    }
}

enum MessageProtectionVectors {
    private struct Setting {
        let context: GroupContext
        let signer: Ed25519.PrivateKey
        let verifier: [UInt8]
        let encryptionSecret: SecretBytes
        let senderDataSecret: SecretBytes
        let membershipKey: SecretBytes
        var secretTree: SecretTree {
            SecretTree(encryptionSecret: encryptionSecret, leafCount: 2, suite: context.cipherSuite)
        }
    }

    static func check(_ value: VectorValue, suite: CipherSuite) throws {
        let setting = Setting(
            context: GroupContext(
                cipherSuite: suite, groupID: try value["group_id"].bytes, epoch: Epoch(try value["epoch"].integer()),
                treeHash: try value["tree_hash"].bytes,
                confirmedTranscriptHash: try value["confirmed_transcript_hash"].bytes, extensions: []),
            signer: try Ed25519.PrivateKey(seed: value["signature_priv"].secret),
            verifier: try value["signature_pub"].bytes, encryptionSecret: try value["encryption_secret"].secret,
            senderDataSecret: try value["sender_data_secret"].secret, membershipKey: try value["membership_key"].secret)
        let proposal = Content.proposal(try Proposal(decoding: value["proposal"].bytes))
        let commit = Content.commit(try Commit(decoding: value["commit"].bytes))
        let application = Content.application(try value["application"].bytes)
        try checkPublic(try value["proposal_pub"].bytes, proposal, setting)
        try checkPublic(try value["commit_pub"].bytes, commit, setting)
        for (message, content) in [
            ("proposal_priv", proposal), ("commit_priv", commit), ("application_priv", application),
        ] {
            try checkPrivate(try value[message].bytes, content, setting)
        }
        try checkApplicationIsRefusedInPublic(application, setting)
    }

    private static func sign(_ content: Content, _ format: MessageFormat, _ setting: Setting) -> AuthenticatedContent {
        let framed = FramedContent(
            groupID: setting.context.groupID, epoch: setting.context.epoch, sender: .member(LeafIndex(1)),
            authenticatedData: [], content: content)
        let signed = AuthenticatedContent.sign(
            framed, format: format, context: setting.context, suite: setting.context.cipherSuite,
            signer: setting.signer)
        return content.type == .commit ? signed.adding(confirmationTag: [1, 2, 3]) : signed
    }

    private static func checkPublic(_ message: [UInt8], _ content: Content, _ setting: Setting) throws {
        guard case .publicMessage(let given) = try MLSMessage(checking: message) else {
            throw VectorFailure("no PublicMessage")
        }
        let own = PublicMessage(
            protecting: sign(content, .publicMessage, setting), membershipKey: setting.membershipKey,
            context: setting.context)
        for message in [given, own] {
            let opened = try message.unprotect(membershipKey: setting.membershipKey, context: setting.context)
            try opened.verifySignature(by: setting.verifier, context: setting.context)
            try require(opened.content.content == content, "public content")
        }
    }

    private static func checkPrivate(_ message: [UInt8], _ content: Content, _ setting: Setting) throws {
        guard case .privateMessage(let given) = try MLSMessage(checking: message) else {
            throw VectorFailure("no PrivateMessage")
        }
        let suite = setting.context.cipherSuite
        var sending = setting.secretTree
        let (key, generation) = try sending.nextKey(of: LeafIndex(1), ratchet: .init(content.type))
        let own = try PrivateMessage(
            protecting: sign(content, .privateMessage, setting), sender: LeafIndex(1), key: key,
            generation: generation, senderDataSecret: setting.senderDataSecret, suite: suite, padding: .buckets)
        for message in [given, own] {
            let (opened, _) = try message.unprotect(
                secrets: setting.secretTree, senderDataSecret: setting.senderDataSecret, ownIndex: nil, suite: suite)
            try opened.verifySignature(by: setting.verifier, context: setting.context)
            try require(opened.content.content == content, "private content")
        }
    }

    private static func checkApplicationIsRefusedInPublic(_ content: Content, _ setting: Setting) throws {
        let message = PublicMessage(
            protecting: sign(content, .publicMessage, setting), membershipKey: setting.membershipKey,
            context: setting.context)
        do {
            _ = try message.unprotect(membershipKey: setting.membershipKey, context: setting.context)
        } catch  where error.code == .applicationInPublicMessage {
            return
        }
        throw VectorFailure("application data in a PublicMessage was accepted")
    }
}

enum WelcomeVectors {
    static func check(_ value: VectorValue, suite: CipherSuite) throws {
        let keyPackage = try KeyPackage(decoding: value["key_package"].bytes)
        guard case .welcome(let welcome) = try MLSMessage(checking: value["welcome"].bytes),
            let entry = welcome.secrets.first(where: { $0.newMember == keyPackage.reference })
        else { throw VectorFailure("the Welcome is not for the key package") }
        let bundle = KeyPackageBundle(
            keyPackage: keyPackage, initPrivateKey: try value["init_priv"].secret,
            encryptionPrivateKey: suite.zeroSecret)
        let opened = try WelcomeOpening(
            welcome, entry: entry, bundle: bundle, suite: suite
        ) { _ in nil }
        try opened.groupInfo.verifySignature(by: value["signer_pub"].bytes, suite: suite)
        let context = try opened.groupInfo.context(of: suite)
        let secrets = try KeySchedule(
            joinerSecret: opened.secrets.joinerSecret, pskSecret: suite.zeroSecret, context: context
        ).epochSecrets(suite: suite)
        let tag = suite.mac(context.confirmedTranscriptHash, key: secrets.confirmationKey)
        try require(tag == opened.groupInfo.confirmationTag, "confirmation_tag")
    }
}

enum PassiveClientVectors {
    /// Accepts whatever the RFC allows: a vector has no application that could want less.
    private struct AcceptAll: Judge {
        func judge(leaf: LeafNode, at index: LeafIndex, in context: GroupContext) {}
        func judge(commit: CommitFacts) {}
        func judge(externalCommit: CommitFacts) {}
        func judge(externalProposal: PendingProposal, in context: GroupContext) {}
        func judge(closing: CommitFacts) {}
    }

    static func check(_ value: VectorValue, suite: CipherSuite) throws {
        let keyPackage = try KeyPackage(decoding: value["key_package"].bytes)
        let (initKey, leafKey) = (try value["init_priv"].secret, try value["encryption_priv"].secret)
        try require(suite.keyPair(privateKey: initKey).publicKey == keyPackage.content.initKey, "init_priv")
        try require(
            suite.keyPair(privateKey: leafKey).publicKey == keyPackage.leafNode.encryptionKey, "encryption_priv")
        try require(
            Ed25519.PrivateKey(seed: value["signature_priv"].secret).publicKey.bytes
                == keyPackage.leafNode.signatureKey, "signature_priv")
        let external = try value["external_psks"].elements.map { (try $0["psk_id"].bytes, try $0["psk"].secret) }
        let lookup: PSKLookup = { id in
            guard case .external(let name) = id.kind else { return nil }
            return external.first { $0.0 == name }?.1
        }
        let bundle = KeyPackageBundle(
            keyPackage: keyPackage, initPrivateKey: initKey, encryptionPrivateKey: leafKey)
        let tree = try value["ratchet_tree"]
        var group = try Group.join(
            welcome: value["welcome"].bytes, bundle: { $0 == bundle.reference ? bundle : nil },
            ratchetTree: tree.isNull ? nil : tree.bytes, preSharedKeys: lookup, judge: AcceptAll())
        try require(group.epochAuthenticator(), is: value["initial_epoch_authenticator"], "initial_epoch_authenticator")
        // A group forgets its epochs; who wants to use their resumption PSKs later keeps them (§8.6).
        var past: [Epoch: SecretBytes] = [:]
        for epoch in try value["epochs"].elements {
            past[group.epoch] = try group.resumptionPSK()
            let (id, kept) = (group.id, past)
            let withPast: PSKLookup = { psk in
                guard case .resumption(.application, id, let epoch) = psk.kind else { return lookup(psk) }
                return kept[epoch]
            }
            for proposal in try epoch["proposals"].elements {
                _ = try group.process(proposal.bytes, preSharedKeys: withPast, judge: AcceptAll())
            }
            _ = try group.process(epoch["commit"].bytes, preSharedKeys: withPast, judge: AcceptAll())
            try require(group.epochAuthenticator(), is: epoch["epoch_authenticator"], "epoch_authenticator")
            // What is stored must be the whole state.
            group = try Group(serialized: group.serialized())
        }
    }
}

enum MessagesVectors {
    static func check(_ value: VectorValue) throws {
        for name in [
            "mls_welcome", "mls_group_info", "mls_key_package", "public_message_application", "public_message_proposal",
            "public_message_commit", "private_message",
        ] { try checkRoundTrip(MLSMessage.self, try value[name].bytes, name) }
        try checkRoundTrip(Commit.self, try value["commit"].bytes, "commit")
        let tree = try value["ratchet_tree"].bytes
        try require(
            RatchetTree(decoding: tree, suite: .x25519ChaCha20SHA256Ed25519).encoded == tree, "ratchet_tree")
        let secrets = try value["group_secrets"].secret
        try require(GroupSecrets(decoding: secrets).encoded().constantTimeEquals(secrets), "group_secrets")
        for (type, name) in [
            "add_proposal", "update_proposal", "remove_proposal", "pre_shared_key_proposal", "re_init_proposal",
            "external_init_proposal", "group_context_extensions_proposal",
        ].enumerated() {
            try checkRoundTrip(Proposal.self, [0, UInt8(type + 1)] + (try value[name].bytes), name)
        }
    }

    private static func checkRoundTrip<T: WireCodable>(_ type: T.Type, _ bytes: [UInt8], _ name: String) throws {
        try require(T(decoding: bytes).encoded == bytes, name)
    }
}
