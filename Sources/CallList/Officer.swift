public import Sodium
import Terms

/// An officer, as the call list and their public document have them: no name, for a relay reads it.
public struct Officer: Sendable, Hashable {
    /// The root key.
    public let key: Ed25519.PublicKey
    /// What views are sealed to, so that this officer can check the next list [R17].
    public let sealing: SealingKey

    public init(key: Ed25519.PublicKey, sealing: SealingKey) { (self.key, self.sealing) = (key, sealing) }

    /// What names the root key on a screen: eight groups of four hexadecimal digits (128 bits) of its hash.
    public static func name(of key: Ed25519.PublicKey) -> String {
        Spoken.grouped(String(Hexadecimal.encode(SHA256.hash(key.bytes)).prefix(32)))
    }
}
