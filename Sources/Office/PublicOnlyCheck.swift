public import CallList
public import Foundation
public import Terms

/// The keys folder of a repository holds public documents only. This finds what must not be there.
public enum PublicOnlyCheck {
    /// Words that only private material holds: PEM private keys, sealed officer seeds, vaults, sensors' and relays' keys. A public
    /// digest holds none of them.
    private static let marks = ["PRIVATE KEY", "sealedSeed", "wrappedKey", "SQLite format 3", "TOCSIN-SECRET-"]

    /// The files under `directory` that hold, or look like they hold, private keys.
    /// - Throws: `fileFailure` where the folder or anything in it cannot be read: what was not looked at is not clean.
    public static func findSecrets(in directory: URL) throws(CallListError) -> [String] {
        guard isFolder(directory) else { throw unreadable(directory) }
        var failed: URL?
        let files = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: nil) { url, _ in
            failed = url
            return false
        }
        var found: [String] = []
        while let file = files?.nextObject() as? URL {
            if isFolder(file) { continue }
            guard let data = FileManager.default.contents(atPath: file.path) else { throw unreadable(file) }
            if looksSecret(String(decoding: data, as: UTF8.self)) { found.append(file.path) }
        }
        if let failed { throw unreadable(failed) }
        guard files != nil else { throw unreadable(directory) }
        return found.sorted()
    }

    private static func looksSecret(_ text: String) -> Bool { marks.contains { text.contains($0) } }

    private static func isFolder(_ url: URL) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
    }

    private static func unreadable(_ url: URL) -> CallListError {
        CallListError(.fileFailure, "cannot read \(url.path)", hint: "what cannot be read cannot be checked")
    }
}
