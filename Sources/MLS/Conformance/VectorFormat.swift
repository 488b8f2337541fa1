/// The formats of the MLS working group's test vectors, told apart by their fields.
package enum VectorFormat: String, CaseIterable, Sendable {
    case treeMath, cryptoBasics, secretTree, messageProtection, keySchedule, preSharedKeys, transcriptHashes, welcome
    case treeOperations, treeValidation, treeKEM, passiveClient, deserialization, messages

    /// A field that only this format has.
    private var mark: String {
        switch self {
        case .treeMath: "n_leaves"
        case .cryptoBasics: "ref_hash"
        case .secretTree: "sender_data"
        case .messageProtection: "proposal_priv"
        case .keySchedule: "initial_init_secret"
        case .preSharedKeys: "psks"
        case .transcriptHashes: "interim_transcript_hash_before"
        case .welcome: "signer_pub"
        case .treeOperations: "tree_before"
        case .treeValidation: "resolutions"
        case .treeKEM: "update_paths"
        case .passiveClient: "initial_epoch_authenticator"
        case .deserialization: "vlbytes_header"
        case .messages: "mls_group_info"
        }
    }

    /// Nil where the case is of no known format.
    package static func recognise(_ value: VectorValue) -> VectorFormat? {
        allCases.first { value.has($0.mark) }
    }

    /// Checks one case.
    package func check(_ value: VectorValue) -> VectorOutcome {
        do {
            switch self {
            case .treeMath: try TreeMathVectors.check(value)
            case .deserialization: try DeserializationVectors.check(value)
            // Marked suite 1, but they need only SHA-256, which suite 0x0003 has too.
            case .treeOperations: try TreeOperationsVectors.check(value)
            case .messages: try MessagesVectors.check(value)
            default:
                guard let suite = CipherSuite(rawValue: try value["cipher_suite"].integer()) else {
                    return .unsupported
                }
                try check(value, suite: suite)
            }
            return .passed
        } catch {
            return .failed("\(error)")
        }
    }

    private func check(_ value: VectorValue, suite: CipherSuite) throws {
        switch self {
        case .cryptoBasics: try CryptoBasicsVectors.check(value, suite: suite)
        case .secretTree: try SecretTreeVectors.check(value, suite: suite)
        case .messageProtection: try MessageProtectionVectors.check(value, suite: suite)
        case .keySchedule: try KeyScheduleVectors.check(value, suite: suite)
        case .preSharedKeys: try PreSharedKeysVectors.check(value, suite: suite)
        case .transcriptHashes: try TranscriptHashesVectors.check(value, suite: suite)
        case .welcome: try WelcomeVectors.check(value, suite: suite)
        case .treeValidation: try TreeValidationVectors.check(value, suite: suite)
        case .treeKEM: try TreeKEMVectors.check(value, suite: suite)
        case .passiveClient: try PassiveClientVectors.check(value, suite: suite)
        case .treeMath, .deserialization, .treeOperations, .messages: break
        }
    }
}
