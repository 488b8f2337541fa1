import Foundation
import Testing

/// That the tests stand where the modules do.
@Suite struct TargetTests {
    /// Programs are tested from outside, by EndToEndTests, and system libraries are nothing but a map.
    private static let modules = Arrows.floors.map(\.module).filter { name in
        name.first?.isUppercase == true && name.dropFirst().first?.isUppercase != true
            || ["DSSE", "MLS", "SQLite"].contains(name)
    }

    @Test func everyModuleHasItsTests() throws {
        #expect(Self.modules.count >= 14)
        for module in Self.modules {
            let tests = try Tree.files(in: "Tests/\(module)Tests", extensions: ["swift"])
            #expect(tests.contains { $0.text.contains("@Test") }, "no test in Tests/\(module)Tests")
        }
    }

    /// What is told apart by name in the Makefile is there: a name that no target has would quietly select nothing.
    @Test func testsThatOnlyComputeAreThere() throws {
        let makefile = try String(contentsOf: Tree.root.appendingPathComponent("Makefile"), encoding: .utf8)
        let names = try #require(makefile.firstMatch(of: #/COMPUTING = \^\(([A-Za-z|]+)\)Tests/#)?.1)
        for name in names.split(separator: "|") {
            #expect(try !Tree.files(in: "Tests/\(name)Tests", extensions: ["swift"]).isEmpty)
        }
    }
}
