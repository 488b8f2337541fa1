import Foundation
import Testing

/// The repository as a tree of files, found from where this file stands.
enum Tree {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    struct File {
        /// From the root of the repository.
        let path: String
        let text: String

        /// The folder under Sources or Tests: the module.
        var module: String { String(path.split(separator: "/").dropFirst().first ?? "") }
        var lines: [(number: Int, text: Substring)] {
            text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { ($0 + 1, $1) }
        }
    }

    /// The files under `folder` whose names end in one of `extensions`, in the order of their paths.
    static func files(in folder: String, extensions: Set<String>) throws -> [File] {
        let start = root.appendingPathComponent(folder)
        let found = try #require(
            FileManager.default.enumerator(at: start, includingPropertiesForKeys: nil), "no \(folder)")
        var files: [File] = []
        for case let url as URL in found where extensions.contains(url.pathExtension) {
            files.append(
                File(
                    path: String(url.standardizedFileURL.path.dropFirst(root.standardizedFileURL.path.count + 1)),
                    text: try String(contentsOf: url, encoding: .utf8)))
        }
        return files.sorted { $0.path < $1.path }
    }
}
