import CallList
import Sodium

/// An officer's new key.
struct OfficerKeyView: View {
    let publicKey: String
    let file: String

    init(_ key: Ed25519.PublicKey, file: String) {
        (publicKey, self.file) = (Hexadecimal.encode(key.bytes), file)
    }

    func lines(in style: Style) -> [String] { ["officer key \(publicKey) in \(file)"] }

    private enum CodingKeys: CodingKey { case publicKey }
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
    let signatures: Int
    let digest: String

    func lines(in style: Style) -> [String] {
        ["signed by \(signatures) of the root's officers; digest \(digest)"]
    }
}

/// A root that is whole.
struct RootView: View {
    private let version: UInt64
    private let digest: String
    private let threshold: Int
    private let officers: [String]

    init(_ root: TrustedRoot) {
        (version, digest, threshold) = (UInt64(root.version), root.digest, root.threshold)
        officers = root.officers.map { Hexadecimal.encode($0.bytes) }
    }

    func lines(in style: Style) -> [String] {
        ["root \(version): \(threshold) of \(officers.count) officers must sign", "digest \(digest)"]
            + officers.map { "officer \($0)" }
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
