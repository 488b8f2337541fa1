public import Sodium

/// Fingerprints for comparing by voice: of what a device id stands for, so that who has only the call list computes the same
/// as who has the request. An officer's is ``Officer/fingerprint(of:)``.
public enum Fingerprint {
    static let groups = 7
    static let digits = groups * 5

    /// Of a device's kind and signature keys.
    public static func of(
        kind: DeviceKind, mlsKey: Ed25519.PublicKey, sessionKey: Ed25519.PublicKey
    ) -> String {
        make(of: [kind.byte] + mlsKey.bytes + sessionKey.bytes)
    }

    /// Seven groups of five digits from SHA-256: 7 × log2(100000) = 116 bits. Five bytes a group, so that reducing them
    /// to five digits favours none by more than one in ten million.
    static func make(of content: [UInt8]) -> String {
        let label = Array("tocsin device fingerprint v1\0".utf8)
        let digest = SHA256.hash(label + [0] + content) + SHA256.hash(label + [1] + content)
        return (0..<groups).map { group in
            let value = digest[(5 * group)..<(5 * group + 5)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let digits = String(value % 100_000)
            return String(repeating: "0", count: 5 - digits.count) + digits
        }.joined(separator: " ")
    }

    /// Whether two written fingerprints, of devices or of officers, are the same, however they are spaced.
    public static func matches(_ a: String, _ b: String) -> Bool {
        guard let a = Spoken.fingerprint(a) ?? Spoken.digest(a), let b = Spoken.fingerprint(b) ?? Spoken.digest(b)
        else { return false }
        return constantTimeEquals(Array(a.utf8), Array(b.utf8))
    }

    /// Without the third and the sixth group: who must type it has to have heard it.
    public static func masked(_ fingerprint: String) -> String {
        fingerprint.split(separator: " ").enumerated().map { index, group in
            index == 2 || index == 5 ? String(repeating: "·", count: group.count) : String(group)
        }.joined(separator: " ")
    }
}
