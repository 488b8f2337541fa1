package import CallList
import DSSE
package import Sodium

/// The officers of a team and the root that they signed.
package struct Officers: Sendable {
    package let keys: [Ed25519.PrivateKey]
    package let root: TrustedRoot

    /// New ones, of whom nobody else's are.
    package init() throws { try self.init((0..<3).map { _ in Ed25519.PrivateKey() }, threshold: 2) }

    package init(_ keys: [Ed25519.PrivateKey], threshold: Int) throws {
        self.keys = keys
        var draft = try TrustedRoot.draft(officers: keys.map(\.publicKey), threshold: threshold).encoded()
        for key in keys.prefix(threshold) { draft = try TrustedRoot.adding(signatureBy: key, to: draft).envelope }
        root = try TrustedRoot(verifying: draft)
    }

    /// The same key for the same number.
    package static func key(_ number: Int) throws -> Ed25519.PrivateKey {
        try Ed25519.PrivateKey(seed: SecretBytes([UInt8](repeating: UInt8(number), count: 32)))
    }

    /// A list signed by these, counted from 0.
    package func signed(_ bundle: [UInt8], by signers: [Int] = [0, 1]) throws -> [UInt8] {
        try signers.reduce(bundle) { bundle, signer in
            try UnverifiedCallList(decoding: bundle).adding(signatureBy: keys[signer], root: root)
        }
    }

    package func verified(_ bundle: [UInt8]) throws -> CallList {
        try UnverifiedCallList(decoding: bundle).verify(root: root)
    }
}
