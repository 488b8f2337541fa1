import Foundation
import Testing

/// That each rule that is cited exists, and that each rule said to be built, in whole or in part, is cited by a test.
@Suite struct RuleCatalogueTests {
    /// A number in brackets, at a place.
    private struct Citation {
        let name: String
        let place: String
    }

    private static func citations(in folders: [String], extensions: Set<String>) throws -> [Citation] {
        try folders.flatMap { try Tree.files(in: $0, extensions: extensions) }
            .filter { !$0.path.hasPrefix("Tests/HouseTests/") }
            .flatMap { file in
                file.lines.filter { $0.text.utf8.contains(UInt8(ascii: "[")) }.flatMap { line in
                    names(in: line.text).map { Citation(name: $0, place: "\(file.path):\(line.number)") }
                }
            }
    }

    /// Also the further ones in one pair of brackets: `[R3, R4]`, `[R11–R13]`.
    static func names(in line: Substring) -> [String] {
        line.matches(of: #/\[([RF]\d+(?:(?:, ?|–|-)[RF]\d+)*)\]/#).flatMap { match in
            match.1.matches(of: #/[RF]\d+/#).map { String($0.0) }
        }
    }

    @Test func whatIsCitedExists() throws {
        let cited = try Self.citations(
            in: ["Sources", "Tests", "deploy", "keys"], extensions: ["swift", "md", "py", "sh", "yaml", "yml"])
        #expect(cited.count > 100)
        for citation in cited where Rule(rawValue: citation.name) == nil {
            Issue.record("\(citation.place) cites [\(citation.name)], which the catalogue does not have")
        }
        for name in ["README.md", "SECURITY.md", "CHANGELOG.md"] {
            let text = try String(contentsOf: Tree.root.appendingPathComponent(name), encoding: .utf8)
            for cited in Self.names(in: text[...]) where Rule(rawValue: cited) == nil {
                Issue.record("\(name) cites [\(cited)], which the catalogue does not have")
            }
        }
    }

    @Test func whatIsBuiltIsTested() throws {
        let tested = Set(try Self.citations(in: ["Tests"], extensions: ["swift"]).map(\.name))
        for rule in Rule.allCases where rule.state != .notYet {
            #expect(tested.contains(rule.rawValue), "no test that breaks [\(rule.rawValue)] cites it")
        }
    }

    @Test(arguments: [
        ("/// as it must [R3].", ["R3"]), ("[R3, R4] and [F11]", ["R3", "R4", "F11"]), ("[R11–R13]", ["R11", "R13"]),
        ("values[R3]", ["R3"]), ("R3 without brackets, [1]", []),
    ])
    func citationsAreRead(_ line: String, _ names: [String]) { #expect(Self.names(in: line[...]) == names) }
}
