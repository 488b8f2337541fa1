/// Why a cryptographic operation was refused. Carries no secret and no input bytes, so it is safe to log.
public struct SodiumError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The stable reason that a caller may branch on.
    public enum Code: String, Hashable, Sendable {
        /// A key, nonce, signature or salt does not have the length that the algorithm fixes.
        case wrongLength
        /// An AEAD tag did not verify: wrong key, wrong associated data, or altered ciphertext.
        case authenticationFailed
        /// A Diffie-Hellman result was all zeros: the peer sent a point of small order (RFC 7748 §6.1).
        case weakKey
        /// More output was asked for than the construction may give (RFC 5869 §2.3).
        case outputTooLong
        /// The system could not give the memory asked for (Argon2id, guarded memory).
        case outOfMemory
        /// A parameter lies outside the range that the algorithm allows.
        case parameterOutOfRange
        /// An HPKE context used up its nonces (RFC 9180 §5.2).
        case messageLimitReached
        /// A message after a stream's last one.
        case streamFinished
    }

    public let code: Code
    /// What was being done, in words that hold no secret.
    public let reason: String

    package init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    public var description: String { "\(reason) (\(code.rawValue))" }
}
