/// The catalogue of validation rules of RFC 9420 that this library enforces. Each has a number, which never changes its
/// meaning; the code cites it where it is enforced, and a test breaks just this rule and expects just this refusal.
///
/// What the RFC leaves to the application is not here: whether a credential is to be trusted (§5.3.1), that the
/// end-entity certificate of an X.509 credential has the leaf's `signature_key` as its key (§5.3), lifetimes against
/// the clock (§7.3) and the longest total lifetime that is acceptable (§7.2), authorisation of external proposals
/// (§12.1.8), that a group id is new to the client (§12.4.3.1). The application's ``Judge`` sees all of it before
/// anything is applied.
public enum Rule: UInt8, Hashable, Sendable, CaseIterable {
    // MARK: Messages (§6, §9)

    /// §6: `version` is mls10.
    case v1 = 1
    /// §6: the message is for this group.
    case v2
    /// §6, §12.4.2: the message is of this epoch.
    case v3
    /// §6: application data comes in a PrivateMessage.
    case v4
    /// §6.2: `membership_tag` verifies.
    case v5
    /// §6.1: a member that sends has a leaf.
    case v6
    /// §6.1: a member's signature verifies under its leaf's key.
    case v7
    /// §6.1, §12.1.8.1: an external sender is listed in `external_senders`.
    case v8
    /// §6.1: an external sender's signature verifies under its listed key.
    case v9
    /// §6.1: an external sender sends proposals only.
    case v10
    /// §12.1.8: an external sender proposes Add, Remove, PreSharedKey, ReInit or GroupContextExtensions only.
    case v11
    /// §6.1: `new_member_proposal` sends an Add.
    case v12
    /// §6.1: `new_member_proposal` signs with the key of the leaf that it proposes.
    case v13
    /// §6.1: `new_member_commit` sends a commit.
    case v14
    /// §6.1, §12.4.3.2: `new_member_commit` signs with the key of its path's leaf.
    case v15
    /// §6.3.1: padding is zeros.
    case v16
    /// §9.1, §9.2: a generation's key is used once.
    case v17
    /// §9.1, §15.3: a message skips a bounded number of generations.
    case v18
    /// §6.3: sender data and content decrypt.
    case v19
    /// §6.1, §12.4.2: `confirmation_tag` verifies.
    case v20

    // MARK: Leaf nodes (§7.2, §7.3, §13.4)

    /// §7.3: the leaf's signature verifies, under its own key and for its place.
    case v30 = 30
    /// §7.2: capabilities list the group's version and cipher suite.
    case v31
    /// §7.3, §11.1: the leaf supports all that `required_capabilities` names.
    case v32
    /// §7.3: every member supports the leaf's type of credential, the leaf itself included.
    case v33
    /// §7.3: the leaf supports every type of credential in use.
    case v34
    /// §7.2: a lifetime does not end before it begins.
    case v35
    /// §7.3: the leaf's extensions are listed in its capabilities.
    case v36
    /// §13.4: no list of extensions names a type twice.
    case v37
    /// §7.3, §10: a KeyPackage's leaf has the source `key_package`.
    case v38
    /// §7.3: an Update's leaf has the source `update`.
    case v39
    /// §7.3, §12.4.2: a path's leaf has the source `commit`.
    case v40
    /// §7.3: an Update brings another encryption key than the leaf that it replaces.
    case v41
    /// §7.3: no two members have one signature key.
    case v42
    /// §7.3: no two members have one encryption key; nor has one that comes a parent node's.
    case v43
    /// §13.4: the leaf supports every extension of the GroupContext.
    case v44
    /// §5.1.1, §10: the keys of leaves and parent nodes are ones of the cipher suite: of its size, and an encryption key
    /// not of small order, to which nobody could encrypt.
    case v45

    // MARK: Key packages (§10.1)

    /// §10.1: the KeyPackage is of the group's cipher suite.
    case v50 = 50
    /// §10.1: the KeyPackage is of the group's version.
    case v51
    /// §10.1: the KeyPackage's signature verifies.
    case v52
    /// §10.1: `init_key` is not the leaf's `encryption_key`.
    case v53
    /// §5.1.1, §10: `init_key` is a key of the cipher suite, as in v45.
    case v54
    /// §10: a KeyPackage's extensions are listed in its leaf's capabilities. Of a received one, those that are known here.
    case v55

    // MARK: Ratchet trees (§7.1, §7.9.2, §12.4.3)

    /// §12.4.3.1: the tree's hash is the GroupContext's.
    case v60 = 60
    /// §7.9.2: every parent node is parent-hash valid, through exactly one node below it.
    case v61
    /// §12.4.3.1: an unmerged leaf is a member below its node.
    case v62
    /// §12.4.3.1: an unmerged leaf is one of every node in between, too.
    case v63
    /// §7.1: unmerged leaves are in order, each once.
    case v64
    /// §12.4.3.1: a parent's encryption key is in no other node.
    case v65
    /// §12.4.3.3: a tree does not end with a blank node.
    case v66
    /// §12.4.3.3: leaves and parents alternate.
    case v67

    // MARK: Proposals (§12.1)

    /// §12.1.3: a Remove names a member.
    case v70 = 70
    /// §8.4, §12.1.4: a PSK's nonce has KDF.Nh bytes.
    case v71
    /// §12.1.4: resumption PSKs for reinit and branch are not proposed.
    case v72
    /// §12.1.5: a ReInit does not go back to an older version.
    case v73
    /// §12.1.7: every member supports what new extensions require.
    case v74
    /// §12.1.7, §13.4: every member supports the new extensions themselves.
    case v75

    // MARK: Lists of proposals (§12.2)

    /// §12.2: no Update of the committer.
    case v80 = 80
    /// §12.2: no Remove of the committer.
    case v81
    /// §12.2: at most one Update or Remove for a leaf.
    case v82
    /// §12.2: no two Adds of one client.
    case v83
    /// §12.2: no Add of a member that is not removed as well.
    case v84
    /// §12.2: no ExternalInit in a member's commit.
    case v85
    /// §12.2: no PreSharedKeyID twice.
    case v86
    /// §12.2: at most one GroupContextExtensions.
    case v87
    /// §12.2: a ReInit is alone.
    case v88
    /// §12.2: exactly one ExternalInit in an external commit.
    case v90 = 90
    /// §12.2: at most one Remove in an external commit.
    case v91
    /// §12.2: an external commit holds no other kind of proposal than ExternalInit, Remove and PreSharedKey.
    case v92
    /// §12.4.3.2: an external commit refers to no proposal.
    case v93
    /// §12.4.3.2: an external commit has a path.
    case v94
    /// §12.2: a resync's leaf has another encryption key than the leaf that it removes.
    case v95
    /// §8.3: `kem_output` can be decapsulated.
    case v96

    // MARK: Commits (§12.4)

    /// §12.4: a path is there unless the proposals, of which there is one at least, do without.
    case v100 = 100
    /// §12.4: a proposal that is referred to was received.
    case v101
    /// §12.4.2: a path's leaf has another encryption key than the committer's old leaf.
    case v102
    /// §12.4.2: no public key of a path is in the tree, nor twice in the path.
    case v103
    /// §7.5: a path has one node for each of the filtered direct path.
    case v104
    /// §7.5: a path's node has one ciphertext for each node of the resolution.
    case v105
    /// §7.9.2: a path's leaf has the parent hash that follows from the path.
    case v106
    /// §7.5: the path secret for oneself decrypts.
    case v107
    /// §7.5, §12.4.3.1: a path secret gives the public keys that are in the tree.
    case v108
    /// §12.4.2, §12.4.3.1: the PSKs are at hand.
    case v109
    /// §12.4.2: a group that was reinitialised is used no more.
    case v110

    // MARK: Joining (§12.4.3)

    /// §12.4.3.1: the Welcome has an entry for one's key package.
    case v120 = 120
    /// §12.4.3.1: Welcome and key package are of one cipher suite.
    case v121
    /// §12.4.3.1: a reinit or branch PSK is the only such one.
    case v122
    /// §12.4.3.1: GroupInfo and key package are of one cipher suite.
    case v123
    /// §12.4.3.1: the GroupInfo's signer is a member.
    case v124
    /// §12.4.3: the GroupInfo's signature verifies.
    case v125
    /// §12.4.3.1: one's own leaf is in the tree.
    case v126
    /// §12.4.3.1: a path secret is for a node above oneself and the signer.
    case v127
    /// §12.4.3.1: the GroupInfo's confirmation tag verifies.
    case v128
    /// §12.4.3.1: group secrets and GroupInfo decrypt.
    case v129
    /// §11.2, §11.3: a group that continues another starts with epoch 1.
    case v130
    /// §12.4.3.1: the group that is reinitialised had agreed on a ReInit.
    case v131
    /// §11.2: version, suite, id and extensions are the ReInit's.
    case v132
    /// §12.4.3.1: all members of the old group are in the reinitialised one.
    case v133
    /// §11.3: a branch has the old group's version and suite.
    case v134
    /// §11.3: a branch's members are members of the old group.
    case v135
    /// §12.4.3.3: the tree is at hand.
    case v136
    /// §12.4.3.2: a GroupInfo for external commits has `external_pub`.
    case v137
}

extension Rule {
    /// The class of refusal, for callers that branch on it.
    public var code: MLSError.Code {
        switch self {
        case .v1, .v51: .unsupportedVersion
        case .v2: .wrongGroup
        case .v3: .wrongEpoch
        case .v4: .applicationInPublicMessage
        case .v5: .invalidMembershipTag
        case .v6, .v8, .v124: .unknownSender
        case .v7, .v9, .v13, .v15, .v30, .v52, .v125: .invalidSignature
        case .v10, .v11, .v12, .v14: .wrongContentType
        case .v16: .invalidPadding
        case .v17: .keyAlreadyUsed
        case .v18: .tooFarAhead
        case .v19, .v96, .v107, .v129: .decryptionFailed
        case .v20, .v128: .invalidConfirmationTag
        case .v31, .v33, .v34, .v36, .v44, .v55, .v75: .missingCapability
        case .v32, .v74: .requiredCapabilityMissing
        case .v35: .invalidLifetime
        case .v37: .duplicateExtension
        case .v38, .v39, .v40: .wrongLeafNodeSource
        case .v41, .v95, .v102: .encryptionKeyNotRenewed
        case .v42, .v83, .v84: .duplicateSignatureKey
        case .v43, .v65, .v103: .duplicateEncryptionKey
        case .v45, .v54: .invalidKey
        case .v50, .v121, .v123: .unsupportedCipherSuite
        case .v53: .initKeyReused
        case .v60: .wrongTreeHash
        case .v61, .v106: .invalidParentHash
        case .v62, .v63, .v64: .invalidUnmergedLeaves
        case .v66, .v67: .malformedTree
        case .v70, .v81: .invalidRemove
        case .v71, .v72, .v73, .v82, .v85, .v86, .v87, .v88, .v90, .v91, .v92, .v93, .v122: .invalidProposalList
        case .v80: .committerUpdate
        case .v94, .v100: .missingPath
        case .v101: .unknownProposal
        case .v104, .v105, .v127: .invalidPath
        case .v108: .wrongPathKey
        case .v109: .unknownPSK
        case .v110: .reInitialised
        case .v120: .notForMe
        case .v126: .ownLeafMissing
        case .v130, .v131, .v132, .v133, .v134, .v135: .wrongSuccessor
        case .v136: .missingTree
        case .v137: .missingExternalKey
        }
    }
}
