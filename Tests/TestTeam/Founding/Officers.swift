package import CallList
import DSSE
package import Foundation
import Office
package import Sodium

/// The officers of a team and the root that they signed.
package struct Officers: Sendable {
    package let keys: [Ed25519.PrivateKey]
    /// What views are sealed to, in the same order.
    package let sealing: [X25519.PrivateKey]
    package let root: TrustedRoot

    /// New ones, of whom nobody else's are.
    package init() throws { try self.init((0..<3).map { _ in Ed25519.PrivateKey() }, threshold: 2) }

    /// - Parameter previous: the officers whom they replace, who sign the root as well.
    package init(_ keys: [Ed25519.PrivateKey], threshold: Int, after previous: Officers? = nil) throws {
        self.keys = keys
        sealing = keys.map { _ in X25519.PrivateKey() }
        var draft = try UnverifiedRoot(
            decoding: TrustedRoot.draft(officers: keys.map(\.publicKey), threshold: threshold, after: previous?.root)
                .encoded())
        for key in keys.prefix(threshold) + (previous.map { $0.keys.prefix($0.root.threshold) } ?? []) {
            draft = try draft.adding(signatureBy: key, before: previous?.root)
        }
        root = try TrustedRoot(verifying: draft.bytes)
    }

    /// The same key for the same number.
    package static func key(_ number: Int) throws -> Ed25519.PrivateKey {
        try Ed25519.PrivateKey(seed: SecretBytes([UInt8](repeating: UInt8(number), count: 32)))
    }

    /// As the call list has one, counted from 0.
    package func officer(_ index: Int, created: Date = Founding.now) -> Officer {
        Officer(
            key: keys[index].publicKey,
            sealing: .sign(sealing[index].publicKey, created: created, holder: .officer, by: keys[index]))
    }

    /// The public document of one, counted from 0, with a sealing key of another date.
    package func document(_ index: Int, renewed date: Date) throws -> [UInt8] {
        let sealing = SealingKey.sign(
            X25519.PrivateKey().publicKey, created: date, holder: .officer, by: keys[index])
        return try OfficerDocument.encode(Officer(key: keys[index].publicKey, sealing: sealing))
    }

    /// What that officer opens views with.
    package func reader(_ index: Int) -> ViewReader {
        .officer(keys[index].publicKey, sealing: [sealing[index]])
    }

    /// Their public documents, for a call list's source.
    package func documents() throws -> [[UInt8]] { try keys.indices.map { try OfficerDocument.encode(officer($0)) } }

    /// A list signed by these, counted from 0, without a look at it.
    /// - Parameter pin: the root that is pinned; their own unless another is given.
    package func signed(_ bundle: [UInt8], by signers: [Int] = [0, 1], pin: TrustedRoot? = nil) throws -> [UInt8] {
        try signers.reduce(bundle) { bundle, signer in
            try UnverifiedCallList(decoding: bundle).adding(signatureBy: keys[signer], root: pin ?? root)
        }
    }

    package func verified(_ bundle: [UInt8]) throws -> CallList {
        try UnverifiedCallList(decoding: bundle).verify(root: root)
    }
}
