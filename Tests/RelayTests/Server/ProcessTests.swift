import Foundation
import Testing

@testable import Relay

/// The executable itself.
@Suite(.serialized) struct ProcessTests {
    @Test func namesAreWrongUsage() async throws {
        let directory = try TemporaryDirectory()
        let relay = try RelayProcess(
            [
                "serve", "--data", directory.url.path, "--root", "r", "--root-digest", "d", "--listen",
                "localhost:8443",
            ], directory: directory)
        #expect(try await relay.end() == 64 << 8)
        #expect(relay.text.contains("--listen must be an IP address and a port"), "\(relay.text)")
    }
}
