public import Sodium
import Terms

/// An officer, as the call list and their public document have them: no name, for a relay reads it.
public struct Officer: Sendable, Hashable {
    /// The root key.
    public let key: Ed25519.PublicKey
    /// What views are sealed to, so that this officer can check the next list [R17].
    public let sealing: SealingKey

    public init(key: Ed25519.PublicKey, sealing: SealingKey) { (self.key, self.sealing) = (key, sealing) }

    /// What names an officer, wherever one is shown, read aloud or typed: eight groups of four hexadecimal digits (128 bits) of the root
    /// key's hash.
    public static func fingerprint(of key: Ed25519.PublicKey) -> String {
        Spoken.grouped(String(Hexadecimal.encode(SHA256.hash(key.bytes)).prefix(32)))
    }
}
