import CallList
import Sodium

/// An officer's new key.
struct OfficerKeyView: View {
    let fingerprint: String
    let file: String

    init(_ key: Ed25519.PublicKey, file: String) {
        (fingerprint, self.file) = (Officer.fingerprint(of: key), file)
    }

    func lines(in style: Style) -> [String] {
        [
            "officer's key in \(file)", "fingerprint \(fingerprint)",
            "read the fingerprint to the other officers by voice",
        ]
    }

    private enum CodingKeys: CodingKey { case fingerprint }
}

/// What names an officer.
struct OfficerFingerprintView: View {
    private let fingerprint: String

    init(_ officer: Officer) { fingerprint = Officer.fingerprint(of: officer.key) }

    func lines(in style: Style) -> [String] { ["fingerprint \(fingerprint)"] }
}

/// A root that its officers have yet to sign.
struct DraftedRootView: View {
    let threshold: Int
    let officers: Int
    private let signatures = 0
    let file: String

    init(threshold: Int, officers: Int, file: String) {
        (self.threshold, self.officers, self.file) = (threshold, officers, file)
    }

    func lines(in style: Style) -> [String] {
        ["root of \(threshold) of \(officers) officers in \(file), not signed yet"]
    }

    private enum CodingKeys: CodingKey { case threshold, officers, signatures }
}

/// A root that an officer has signed.
struct SignedRootView: View {
    private let signatures: Int
    /// Of the officers of the root that it replaces; nil for the first.
    private let previousSignatures: Int?
    private let digest: String

    init(_ root: UnverifiedRoot, before: TrustedRoot?) {
        signatures = root.signers(among: root.officers)
        previousSignatures = before.map { root.signers(among: $0.officers) }
        digest = root.digest
    }

    func lines(in style: Style) -> [String] {
        let old = previousSignatures.map { " and \($0) of those before them" } ?? ""
        return ["signed by \(signatures) of the root's officers\(old); digest \(digest)"]
    }
}

/// A root, signed or not.
struct RootView: View {
    private let version: UInt64
    private let digest: String
    private let previous: OrNull<String>
    private let threshold, signatures: Int
    private let previousThreshold, previousSignatures: Int?
    /// Fingerprints.
    private let officers: [String]

    init(_ root: UnverifiedRoot, before: TrustedRoot?) {
        (version, digest, threshold) = (root.version, root.digest, root.threshold)
        previous = OrNull(root.previous)
        signatures = root.signers(among: root.officers)
        previousThreshold = before?.threshold
        previousSignatures = before.map { root.signers(among: $0.officers) }
        officers = root.officers.map { Officer.fingerprint(of: $0) }
    }

    func lines(in style: Style) -> [String] {
        var lines = [
            "root \(version): \(threshold) of \(officers.count) officers must sign", "digest \(digest)",
            "signed by \(signatures) of them" + (signatures < threshold ? ", not enough yet" : ""),
        ]
        if let needed = previousThreshold, let signed = previousSignatures {
            lines.append(
                "and by \(signed) of the root before" + (signed < needed ? ", of whom \(needed) must sign" : ""))
        } else if let replaced = previous.value {
            lines.append("replaces the root \(replaced), whose officers must sign too: --previous FILE shows them")
        }
        return lines + officers.map { "officer \($0)" }
    }
}

/// What a folder holds that nobody else may see.
struct PrivateFilesView: View {
    private let files: [String]
    private let folder: String

    init(_ files: [String], in folder: String) { (self.files, self.folder) = (files, folder) }

    func lines(in style: Style) -> [String] { files.isEmpty ? ["\(folder): public documents only"] : [] }

    private enum CodingKeys: String, CodingKey { case files = "private" }
}
