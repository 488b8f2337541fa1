import Foundation

/// A reference model of DESIGN's rules, in Python: a process that is told runs, one a line, and answers a line for each.
package enum ReferenceModel {
    package struct Failed: Error { let reason: String }

    /// Where the models are; nil where nobody has them, and their tests are skipped.
    package static let folder = ProcessInfo.processInfo.environment["TOCSIN_MODELS"]

    /// - Parameter driver: the program, which is given the models' folder as its argument.
    /// - Returns: for each run the list of texts that the driver prints for it.
    package static func replay(_ runs: [[String: Any]], by driver: String, in folder: String) async throws -> [[String]]
    {
        let python = ProcessInfo.processInfo.environment["TOCSIN_PYTHON"]
        let input = try runs.map { try JSONSerialization.data(withJSONObject: $0) + Data("\n".utf8) }
        let finished = try await ChildProcess.run(
            URL(fileURLWithPath: python ?? "/usr/bin/env"),
            (python == nil ? ["python3"] : []) + ["-B", "-c", driver, folder],
            environment: ProcessInfo.processInfo.environment, input: Data(input.joined()))
        guard finished.status == 0 else {
            throw Failed(reason: "the model ends with \(finished.status): \(finished.errors)")
        }
        return try finished.output.utf8.split(separator: 0x0a).map { line in
            guard let texts = try JSONSerialization.jsonObject(with: Data(line)) as? [String] else {
                throw Failed(reason: "the model's answer is no list of texts")
            }
            return texts
        }
    }
}
