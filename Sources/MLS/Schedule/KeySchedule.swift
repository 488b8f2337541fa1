import Sodium
import WireFormat

/// The secrets that are kept for the length of an epoch (§8). The encryption secret is not among them: it becomes a
/// ``SecretTree`` at once, so that what was used of it can be deleted.
struct EpochSecrets: Sendable {
    let senderDataSecret: SecretBytes
    let exporterSecret: SecretBytes
    let externalSecret: SecretBytes
    let confirmationKey: SecretBytes
    let membershipKey: SecretBytes
    let resumptionPSK: SecretBytes
    let epochAuthenticator: SecretBytes
    let initSecret: SecretBytes

    init(epochSecret: SecretBytes, suite: CipherSuite) throws(MLSError) {
        let expander = suite.expander(of: epochSecret)
        senderDataSecret = try expander.derive("sender data")
        exporterSecret = try expander.derive("exporter")
        externalSecret = try expander.derive("external")
        confirmationKey = try expander.derive("confirm")
        membershipKey = try expander.derive("membership")
        resumptionPSK = try expander.derive("resumption")
        epochAuthenticator = try expander.derive("authentication")
        initSecret = try expander.derive("init")
    }

    /// MLS-Exporter (§8.5).
    func export(label: String, context: [UInt8], count: Int, suite: CipherSuite) throws(MLSError) -> SecretBytes {
        let derived = try suite.derive(exporterSecret, label: label)
        return try suite.expand(derived, label: "exported", context: suite.hash(context), count: count)
    }
}

/// From one epoch's init secret to the next epoch's secrets (§8, figure 22).
struct KeySchedule: Sendable {
    let joinerSecret: SecretBytes
    let welcomeSecret: SecretBytes
    let epochSecret: SecretBytes

    /// For the members who were there.
    init(
        initSecret: SecretBytes, commitSecret: SecretBytes, pskSecret: SecretBytes, context: GroupContext
    ) throws(MLSError) {
        let suite = context.cipherSuite
        let joiner = try suite.expand(
            suite.extract(salt: initSecret, inputKeyMaterial: commitSecret), label: "joiner",
            context: context.encoded, count: suite.hashLength)
        try self.init(joinerSecret: joiner, pskSecret: pskSecret, context: context)
    }

    /// For those who join, and who know the joiner secret from their Welcome.
    init(joinerSecret: SecretBytes, pskSecret: SecretBytes, context: GroupContext) throws(MLSError) {
        let suite = context.cipherSuite
        self.joinerSecret = joinerSecret
        let intermediate = suite.extract(salt: joinerSecret, inputKeyMaterial: pskSecret)
        welcomeSecret = try suite.derive(intermediate, label: "welcome")
        epochSecret = try suite.expand(
            intermediate, label: "epoch", context: context.encoded, count: suite.hashLength)
    }

    func encryptionSecret(suite: CipherSuite) throws(MLSError) -> SecretBytes {
        try suite.derive(epochSecret, label: "encryption")
    }

    func epochSecrets(suite: CipherSuite) throws(MLSError) -> EpochSecrets {
        try EpochSecrets(epochSecret: epochSecret, suite: suite)
    }

    /// The welcome secret alone, before the GroupContext is known (§12.4.3.1).
    static func welcomeSecret(
        joinerSecret: SecretBytes, pskSecret: SecretBytes, suite: CipherSuite
    ) throws(MLSError) -> SecretBytes {
        try suite.derive(suite.extract(salt: joinerSecret, inputKeyMaterial: pskSecret), label: "welcome")
    }
}

/// Key and nonce of `encrypted_group_info` (§12.4.3.1).
struct WelcomeKey: Sendable {
    let key: SecretBytes
    let nonce: [UInt8]

    init(welcomeSecret: SecretBytes, suite: CipherSuite) throws(MLSError) {
        key = try suite.expand(welcomeSecret, label: "key", context: [], count: suite.keyLength)
        nonce = try suite.expand(welcomeSecret, label: "nonce", context: [], count: suite.nonceLength).exposedCopy()
    }
}

/// Folds pre-shared keys into one secret (§8.4).
enum PSKSecret {
    /// - Parameter preSharedKeys: in the order of the commit or Welcome.
    static func combine(
        _ preSharedKeys: [(id: PreSharedKeyID, secret: SecretBytes)], suite: CipherSuite
    ) throws(MLSError) -> SecretBytes {
        guard preSharedKeys.count <= Int(UInt16.max) else {
            throw MLSError(.limitExceeded, "more pre-shared keys than can be counted")
        }
        var combined = suite.zeroSecret
        for (index, psk) in preSharedKeys.enumerated() {
            var label = Writer()
            psk.id.encode(to: &label)
            label.uint16(UInt16(truncatingIfNeeded: index))
            label.uint16(UInt16(truncatingIfNeeded: preSharedKeys.count))
            let extracted = suite.extract(salt: suite.zeroSecret, inputKeyMaterial: psk.secret)
            let input = try suite.expand(
                extracted, label: "derived psk", context: label.bytes, count: suite.hashLength)
            combined = suite.extract(salt: input, inputKeyMaterial: combined)
        }
        return combined
    }
}

/// The transcript hashes (§8.2).
enum TranscriptHash {
    static func confirmed(
        interim: [UInt8], commit: AuthenticatedContent, suite: CipherSuite
    ) -> [UInt8] {
        suite.hash(interim, commit.confirmedTranscriptHashInput)
    }

    static func interim(confirmed: [UInt8], confirmationTag: [UInt8], suite: CipherSuite) -> [UInt8] {
        var writer = Writer()
        writer.fixed(confirmed)
        writer.opaque(confirmationTag)
        return suite.hash(writer.bytes)
    }
}
