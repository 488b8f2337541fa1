import Foundation
import MLS

/// `mls-vectors FILE…`: runs the MLS working group's test vectors through this library and prints, for each file, how many
/// cases passed, failed and are of what it does not support. Exit 1 where any failed, 2 where a file cannot be used.
@main
struct MLSVectors {
    static func main() {
        let files = CommandLine.arguments.dropFirst()
        guard !files.isEmpty, !files.contains("--help") else {
            print(
                "usage: mls-vectors FILE…\nRecognises each format of the MLS working group's test vectors by content.")
            exit(files.isEmpty ? 64 : 0)
        }
        var status: Int32 = 0
        for file in files { status = max(status, run(file)) }
        exit(status)
    }

    private static func run(_ file: String) -> Int32 {
        guard let data = FileManager.default.contents(atPath: file) else {
            return refuse(file, "cannot be read")
        }
        guard let json = try? JSONSerialization.jsonObject(with: data), case .array(let cases) = VectorValue(json: json)
        else { return refuse(file, "is no JSON array") }
        guard let first = cases.first, let format = VectorFormat.recognise(first) else {
            return refuse(file, "is of no known format")
        }
        var (passed, failed, unsupported) = (0, 0, 0)
        for (index, value) in cases.enumerated() {
            switch format.check(value) {
            case .passed: passed += 1
            case .unsupported: unsupported += 1
            case .failed(let reason):
                failed += 1
                report("\(file): case \(index): \(reason)")
            }
        }
        print("\(file): \(passed) passed, \(failed) failed, \(unsupported) unsupported")
        return failed > 0 ? 1 : 0
    }

    private static func refuse(_ file: String, _ reason: String) -> Int32 {
        report("\(file) \(reason)")
        return 2
    }

    private static func report(_ message: String) {
        FileHandle.standardError.write(Data("mls-vectors: \(message)\n".utf8))
    }
}
