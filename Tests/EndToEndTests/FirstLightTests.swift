import Foundation
import TestTeam
import Testing

/// The run of `make demo`, with the assertions that the script itself makes: it ends with an error at the first claim that
/// does not hold.
@Suite struct FirstLightTests {
    @Test(.enabled(if: alertmanager != nil, "TOCSIN_ALERTMANAGER is not set: make test sets it"))
    func firstLight() async throws {
        let finished = try await ChildProcess.run(
            Program.repository.appendingPathComponent("deploy/demo/first-light"),
            [Program.binaries.path, Self.alertmanager ?? ""],
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "HOME": "/nonexistent"],
            directory: Program.repository)
        #expect(finished.status == 0, "\(finished.output)\n\(finished.errors)")
        let proven = finished.output.split(separator: "\n").filter { $0.hasPrefix("  - ") }
        #expect(proven.count == 10)
    }

    static let alertmanager = ProcessInfo.processInfo.environment["TOCSIN_ALERTMANAGER"]
}
