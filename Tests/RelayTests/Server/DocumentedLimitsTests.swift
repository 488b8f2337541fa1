import Foundation
import Relay
import Testing

@Suite struct DocumentedLimitsTests {
    @Test func theTableInReadmeHasEachLimitWithItsDefault() throws {
        var repository = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { repository.deleteLastPathComponent() }
        let readme = try String(contentsOf: repository.appendingPathComponent("README.md"), encoding: .utf8)
        let encoded = try JSONSerialization.jsonObject(with: JSONEncoder().encode(RelayLimits()))
        let limits = try #require(encoded as? [String: Double])
        #expect(limits.count == 42)
        for (name, value) in limits { #expect(readme.contains("| `\(name)` | \(Int(value))"), "\(name)") }
    }
}
