public import Foundation

/// The keys folder of a repository holds public documents only. This finds what must not be there.
public enum PublicOnlyCheck {
    /// Words that only private material holds: PEM private keys, sealed officer seeds, vaults, key files.
    private static let marks = ["PRIVATE KEY", "sealedSeed", "wrappedKey", "SQLite format 3"]

    /// The files under `directory` that hold, or look like they hold, private keys. A line of just 64 hexadecimal digits
    /// is a sensor's key file.
    /// - Throws: `fileFailure` where the folder cannot be read.
    public static func findSecrets(in directory: URL) throws(CallListError) -> [String] {
        guard let files = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: nil) else {
            throw CallListError(.fileFailure, "cannot read \(directory.path)")
        }
        var found: [String] = []
        for case let file as URL in files {
            guard let data = FileManager.default.contents(atPath: file.path) else { continue }
            let text = String(decoding: data, as: UTF8.self)
            let isKeyFile = text.split(whereSeparator: \.isNewline).contains { line in
                line.utf8.count == 64 && line.allSatisfy(\.isHexDigit)
            }
            if isKeyFile || marks.contains(where: { text.contains($0) }) { found.append(file.path) }
        }
        return found.sorted()
    }
}
