import WireFormat

/// Why an MLS operation was refused: a stable code, and a safe reason. Holds no secret, and no bytes of the input: a
/// reason quotes at most a number from it, such as an epoch, a leaf index or a count.
public struct MLSError: Error, Hashable, Sendable, CustomStringConvertible {
    public let code: Code
    /// The rule of the catalogue that was broken; nil for misuse, limits and damage.
    public let rule: Rule?
    /// For people: its words may change.
    public let reason: String

    init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
        rule = nil
    }

    init(_ rule: Rule, _ reason: String) {
        code = rule.code
        self.reason = reason
        self.rule = rule
    }

    public var description: String {
        rule.map { "\(reason) (\(code.rawValue), rule \($0.rawValue))" } ?? "\(reason) (\(code.rawValue))"
    }

    /// Classes of refusals, for callers that branch on them; ``Rule`` has the single rules.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        // Form.
        /// The bytes are not what the presentation language says (§2.1, §3).
        case malformed
        /// A protocol version other than mls10 (§6).
        case unsupportedVersion
        /// A cipher suite that this library does not have (§5.1).
        case unsupportedCipherSuite
        /// Larger than a limit of ``Limits``, or more than the protocol can count (epochs, generations, pre-shared
        /// keys).
        case limitExceeded

        // Cryptography.
        /// A signature does not verify (§5.1.2).
        case invalidSignature
        /// HPKE or AEAD decryption failed (§5.1.3, §6.3).
        case decryptionFailed
        /// `membership_tag` does not verify (§6.2).
        case invalidMembershipTag
        /// `confirmation_tag` does not verify (§6.1, §12.4.2).
        case invalidConfirmationTag
        /// A key of the wrong size, or of small order.
        case invalidKey

        // Messages (§6).
        /// For another group.
        case wrongGroup
        /// For another epoch.
        case wrongEpoch
        /// The sender's leaf is blank or outside the tree (§6.1).
        case unknownSender
        /// A message of one's own: its keys are gone (§9).
        case ownMessage
        /// A generation that was used or passed by (§9.1).
        case keyAlreadyUsed
        /// A generation too far ahead (§9.1).
        case tooFarAhead
        /// Padding that is not all zeros (§6.3.1).
        case invalidPadding
        /// Application data outside a PrivateMessage (§6).
        case applicationInPublicMessage
        /// A content type or sender that may not go together (§6).
        case wrongContentType

        // Leaf nodes and key packages (§7.3, §10.1).
        /// A leaf's source is not the one its place asks for (§7.3).
        case wrongLeafNodeSource
        /// The lifetime ends before it begins (§7.2).
        case invalidLifetime
        /// Capabilities lack the version, suite, credential or an extension in use (§7.2, §7.3).
        case missingCapability
        /// A leaf lacks something in `required_capabilities` (§11.1).
        case requiredCapabilityMissing
        /// The same extension twice in one list (§13.4).
        case duplicateExtension
        /// A signature key that another leaf has (§7.3).
        case duplicateSignatureKey
        /// An encryption key that another node has (§7.3, §7.9).
        case duplicateEncryptionKey
        /// `init_key` equals the leaf's `encryption_key` (§10.1).
        case initKeyReused

        // Ratchet tree (§7).
        /// Node kinds in the wrong places, or a blank last node (§12.4.3.3).
        case malformedTree
        /// The tree hash differs from the GroupContext's (§12.4.3.1).
        case wrongTreeHash
        /// A parent node without a valid parent hash link (§7.9.2).
        case invalidParentHash
        /// `unmerged_leaves` names a leaf that is blank, elsewhere, or left out in between (§12.4.3.1).
        case invalidUnmergedLeaves

        // Proposals and commits (§12).
        /// A proposal that its committer may not send, or a list that may not be (§12.2).
        case invalidProposalList
        /// A reference to a proposal that was not received (§12.4).
        case unknownProposal
        /// A Remove of a blank or absent leaf, or of the committer (§12.1.3).
        case invalidRemove
        /// The committer proposes its own Update (§12.2).
        case committerUpdate
        /// A path is required and missing (§12.4).
        case missingPath
        /// An UpdatePath of the wrong length, or with the wrong number of ciphertexts (§7.5).
        case invalidPath
        /// A path secret does not give the public key beside it (§7.5).
        case wrongPathKey
        /// An Update or path that keeps the old encryption key (§12.1.2, §7.3).
        case encryptionKeyNotRenewed

        // Joining (§12.4.3).
        /// The Welcome is for none of the key packages given.
        case notForMe
        /// A pre-shared key that the caller does not have.
        case unknownPSK
        /// No ratchet tree, neither in the GroupInfo nor given.
        case missingTree
        /// My leaf is not in the tree.
        case ownLeafMissing
        /// A GroupInfo without the key that an external commit needs (§12.4.3.2).
        case missingExternalKey
        /// A group that does not continue the old one as it says (§11.2, §11.3).
        case wrongSuccessor

        // Use.
        /// I was removed from this group; it has no secrets any more.
        case notAMember
        /// Proposals of this epoch have to be committed before application data is sent (§12.4).
        case proposalsPending
        /// This group was closed by a ReInit; its successor goes on (§11.2).
        case reInitialised
        /// A kind of commit that a judge must accept by name, and this one does not: see ``Judge``.
        case notAccepted
        /// The caller asked for something that cannot be: the reason says what.
        case misuse
        /// A stored state that is damaged.
        case damagedState
    }
}

extension MLSError {
    init(_ error: WireError) {
        self.init(error.code == .limitExceeded ? .limitExceeded : .malformed, error.description)
    }
}

/// Runs a decoder, giving its refusal as this module's error.
func decoding<T>(_ body: () throws(WireError) -> T) throws(MLSError) -> T {
    do {
        return try body()
    } catch {
        throw MLSError(error)
    }
}
