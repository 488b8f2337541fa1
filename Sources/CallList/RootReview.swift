public import Sodium
public import Terms

/// A root before the eyes of an officer who is about to sign it [R17]: who must sign call lists from then on, and what that changes. Only
/// a review signs.
public struct RootReview: Sendable {
    public enum Standing: Sendable, Hashable { case comes, stays, goes }

    public struct OfficerStanding: Sendable, Hashable, HasFingerprint {
        /// As ``Officer/fingerprint(of:)``.
        public let fingerprint: String
        public let standing: Standing
        public let isSigner: Bool
    }

    public let root: UnverifiedRoot
    /// The root that it replaces; nil for the first.
    public let before: TrustedRoot?
    /// Those of the root in its order, then those who go.
    public let officers: [OfficerStanding]

    /// Whose fingerprints the signer must have heard: those who come, but for the signer, whose own key it is.
    public var newOfficers: [OfficerStanding] { officers.filter { $0.standing == .comes && !$0.isSigner } }

    /// - Parameter signer: the officer who is about to sign.
    /// - Throws: `rootSkipped` where it does not replace `before`; `notSigned` where the signer is no officer of either.
    public init(_ root: UnverifiedRoot, before: TrustedRoot?, signer: Ed25519.PublicKey) throws(CallListError) {
        try root.check(replaces: before)
        guard root.isOfficer(signer, before: before) else { throw UnverifiedRoot.notAnOfficer }
        (self.root, self.before) = (root, before)
        let known = Set(before?.officers ?? [])
        func officer(_ key: Ed25519.PublicKey, _ standing: Standing) -> OfficerStanding {
            OfficerStanding(fingerprint: Officer.fingerprint(of: key), standing: standing, isSigner: key == signer)
        }
        officers =
            root.officers.map { officer($0, known.contains($0) ? .stays : .comes) }
            + (before?.officers ?? []).filter { !root.officers.contains($0) }.map { officer($0, .goes) }
    }

    /// The root with one more officer's signature.
    /// - Parameter confirmed: the fingerprints that the officer heard, however written: each new officer's, and no other.
    /// - Throws: `reviewRefused`, `notSigned`.
    public func signed(by key: Ed25519.PrivateKey, confirmed: [String]) throws(CallListError) -> UnverifiedRoot {
        let unconfirmed = try Confirmation.unconfirmed(newOfficers, confirmed) { text in
            CallListError(
                .reviewRefused, "no new officer of this root has the fingerprint \(text)",
                hint: "do not sign: whose fingerprint is it, and why is that officer not of this root?")
        }
        guard unconfirmed == nil else {
            throw CallListError(
                .reviewRefused, "the fingerprint of a new officer of this root is not confirmed",
                hint: "hear it from each of them by voice, then --confirm FINGERPRINT; or make the root without them")
        }
        return try root.adding(signatureBy: key, before: before)
    }
}
