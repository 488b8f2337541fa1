import Foundation
import TestTeam
import Testing

@testable import Office

@Suite struct ExampleSourceTests {
    /// What the guide in `keys` points to must be what the compiler takes.
    @Test func theExampleOfTheGuideIsASource() throws {
        let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(
            contentsOf: repository.appendingPathComponent("keys/example/calllist.yaml"), encoding: .utf8)
        _ = try CallListSource(yaml: text)
    }
}
