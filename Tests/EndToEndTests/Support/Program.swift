import Foundation
import TestTeam

extension Finished {
    /// The last line of the output, as JSON.
    func json() throws -> [String: Any] {
        let line = output.split(separator: "\n").last.map(String.init) ?? ""
        guard let value = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
            throw HarnessError("no JSON object in: \(output) \(errors)")
        }
        return value
    }

    func string(_ key: String) throws -> String {
        guard let value = try json()[key] as? String else { throw HarnessError("no \(key) in: \(output)") }
        return value
    }
}

struct HarnessError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A real executable of this package (or another), started as a person would.
enum Program {
    /// Where the built executables are.
    static let binaries: URL = {
        if let path = ProcessInfo.processInfo.environment["TOCSIN_BIN"] { return URL(fileURLWithPath: path) }
        return repository.appendingPathComponent(".build/debug")
    }()

    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
}
