import Sodium
import WireFormat

enum CryptoBasicsVectors {
    static func check(_ value: VectorValue, suite: CipherSuite) throws {
        let reference = try value["ref_hash"]
        // The vector's label is whole; ours adds "MLS 1.0 " itself.
        var input = Writer()
        input.opaque(Array(try reference["label"].text.utf8))
        input.opaque(try reference["value"].bytes)
        try require(suite.hash(input.bytes) == reference["out"].bytes, "ref_hash")

        let expand = try value["expand_with_label"]
        try require(
            try suite.expand(
                expand["secret"].secret, label: expand["label"].text, context: expand["context"].bytes,
                count: expand["length"].integer()), is: expand["out"], "expand_with_label")
        let derive = try value["derive_secret"]
        try require(
            try suite.derive(derive["secret"].secret, label: derive["label"].text), is: derive["out"], "derive_secret")
        let tree = try value["derive_tree_secret"]
        var generation = Writer()
        generation.uint32(try tree["generation"].integer())
        try require(
            try suite.expand(
                tree["secret"].secret, label: tree["label"].text, context: generation.bytes,
                count: tree["length"].integer()), is: tree["out"], "derive_tree_secret")
        try checkSignature(try value["sign_with_label"], suite: suite)
        try checkEncryption(try value["encrypt_with_label"], suite: suite)
    }

    private static func checkSignature(_ value: VectorValue, suite: CipherSuite) throws {
        let (content, label, key) = (try value["content"].bytes, try value["label"].text, try value["pub"].bytes)
        try suite.verify(try value["signature"].bytes, of: content, label: label, by: key, rule: .v7)
        let signer = try Ed25519.PrivateKey(seed: try value["priv"].secret)
        try suite.verify(suite.sign(content, label: label, with: signer), of: content, label: label, by: key, rule: .v7)
    }

    private static func checkEncryption(_ value: VectorValue, suite: CipherSuite) throws {
        let (label, context) = (try value["label"].text, try value["context"].bytes)
        let given = HPKECiphertext(
            kemOutput: try value["kem_output"].bytes, ciphertext: try value["ciphertext"].bytes)
        let pair = HPKEKeyPair(privateKey: try value["priv"].secret, publicKey: try value["pub"].bytes)
        let encryption = suite.labelledEncryption(label: label, context: context)
        let own = try encryption.seal(try value["plaintext"].secret, to: pair.publicKey)
        for ciphertext in [given, own] {
            let opened = try encryption.open(ciphertext, with: pair, rule: .v129)
            try require(opened, is: value["plaintext"], "encrypt_with_label")
        }
    }
}

enum SecretTreeVectors {
    static func check(_ value: VectorValue, suite: CipherSuite) throws {
        let senderData = try value["sender_data"]
        let key = try SenderDataKey(
            secret: senderData["sender_data_secret"].secret, ciphertext: senderData["ciphertext"].bytes, suite: suite)
        try require(key.key, is: senderData["key"], "sender data key")
        try require(key.nonce == senderData["nonce"].bytes, "sender data nonce")
        let leaves = try value["leaves"].elements
        try require(leaves.count.nonzeroBitCount == 1 && leaves.count <= Limits.leaves, "leaves")
        var tree = SecretTree(
            encryptionSecret: try value["encryption_secret"].secret, leafCount: leaves.count, suite: suite)
        for (index, generations) in leaves.enumerated() {
            for entry in try generations.elements {
                for (kind, name) in [(SecretTree.RatchetKind.handshake, "handshake"), (.application, "application")] {
                    let (key, use) = try tree.key(
                        of: LeafIndex(UInt32(index)), ratchet: kind, generation: entry["generation"].integer())
                    tree.spend(use)
                    try require(key.key, is: entry["\(name)_key"], "\(name) key")
                    try require(key.nonce, is: entry["\(name)_nonce"], "\(name) nonce")
                }
            }
        }
    }
}

enum KeyScheduleVectors {
    static func check(_ value: VectorValue, suite: CipherSuite) throws {
        var initSecret = try value["initial_init_secret"].secret
        for (index, epoch) in try value["epochs"].elements.enumerated() {
            let context = GroupContext(
                cipherSuite: suite, groupID: try value["group_id"].bytes, epoch: Epoch(UInt64(index)),
                treeHash: try epoch["tree_hash"].bytes,
                confirmedTranscriptHash: try epoch["confirmed_transcript_hash"].bytes, extensions: [])
            try require(context.encoded == epoch["group_context"].bytes, "group_context")
            let schedule = try KeySchedule(
                initSecret: initSecret, commitSecret: epoch["commit_secret"].secret,
                pskSecret: epoch["psk_secret"].secret, context: context)
            let secrets = try schedule.epochSecrets(suite: suite)
            for (secret, name) in [
                (schedule.joinerSecret, "joiner_secret"), (schedule.welcomeSecret, "welcome_secret"),
                (secrets.initSecret, "init_secret"), (secrets.senderDataSecret, "sender_data_secret"),
                (try schedule.encryptionSecret(suite: suite), "encryption_secret"),
                (secrets.exporterSecret, "exporter_secret"), (secrets.epochAuthenticator, "epoch_authenticator"),
                (secrets.externalSecret, "external_secret"), (secrets.confirmationKey, "confirmation_key"),
                (secrets.membershipKey, "membership_key"), (secrets.resumptionPSK, "resumption_psk"),
            ] { try require(secret, is: epoch[name], name) }
            try require(
                suite.deriveKeyPair(secrets.externalSecret).publicKey == epoch["external_pub"].bytes, "external_pub")
            let exporter = try epoch["exporter"]
            try require(
                try secrets.export(
                    label: exporter["label"].text, context: exporter["context"].bytes,
                    count: exporter["length"].integer(), suite: suite), is: exporter["secret"], "exporter")
            initSecret = secrets.initSecret
        }
    }
}

enum PreSharedKeysVectors {
    static func check(_ value: VectorValue, suite: CipherSuite) throws {
        let psks = try value["psks"].elements.map { entry in
            (
                id: PreSharedKeyID(
                    kind: .external(id: try entry["psk_id"].bytes), nonce: try entry["psk_nonce"].bytes),
                secret: try entry["psk"].secret
            )
        }
        try require(try PSKSecret.combine(psks, suite: suite), is: value["psk_secret"], "psk_secret")
    }
}

enum TranscriptHashesVectors {
    static func check(_ value: VectorValue, suite: CipherSuite) throws {
        let commit = try AuthenticatedContent(decoding: value["authenticated_content"].bytes)
        guard commit.content.content.type == .commit, let tag = commit.auth.confirmationTag else {
            throw VectorFailure("no commit")
        }
        let confirmed = TranscriptHash.confirmed(
            interim: try value["interim_transcript_hash_before"].bytes, commit: commit, suite: suite)
        try require(confirmed == value["confirmed_transcript_hash_after"].bytes, "confirmed_transcript_hash_after")
        try require(suite.mac(confirmed, key: value["confirmation_key"].secret) == tag, "confirmation_tag")
        try require(
            TranscriptHash.interim(confirmed: confirmed, confirmationTag: tag, suite: suite)
                == value["interim_transcript_hash_after"].bytes, "interim_transcript_hash_after")
    }
}
