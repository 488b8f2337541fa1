import Testing

/// That each rule which a room's members judge by stands in a file of its own, is asked by the judge, and is broken by a suite
/// of its own that needs no relay, no vault and no client.
@Suite struct RoomRuleFileTests {
    private static let rules = "Sources/Client/Rooms/Rules/"
    private static let suites = "Tests/ClientTests/Rules/"
    /// What the rules are told of, and no more.
    private static let facts: Set<String> = [
        "CallList", "Foundation", "MLS", "RelayAPI", "Sodium", "Terms", "WireFormat",
    ]

    private static func imports(of file: Tree.File) -> Set<String> {
        Set(file.lines.compactMap { $0.text.firstMatch(of: #/^(?:@testable )?import (\w+)/#).map { String($0.1) } })
    }

    @Test func eachRuleHasItsFileAndItsSuite() throws {
        let files = try Tree.files(in: Self.rules, extensions: ["swift"])
        let tests = try Tree.files(in: Self.suites, extensions: ["swift"])
        let judge = try #require(
            try Tree.files(in: "Sources/Client/Rooms", extensions: ["swift"]).first {
                $0.path.hasSuffix("/RoomJudge.swift")
            })
        #expect(files.map(\.path) == Rule.allCases.flatMap(\.roomRules).sorted().map { "\(Self.rules)\($0).swift" })
        for rule in Rule.allCases {
            for name in rule.roomRules {
                let file = try #require(files.first { $0.path == "\(Self.rules)\(name).swift" })
                #expect(file.text.contains("enum \(name) {") && judge.text.contains("\(name).check("), "\(name)")
                #expect(file.lines.contains { cites(rule, $0.text) }, "\(name) does not cite [\(rule.rawValue)]")
                let suite = try #require(
                    tests.first { $0.path == "\(Self.suites)\(name)Tests.swift" }, "no suite of \(name)")
                #expect(suite.text.contains("@Suite struct \(name)Tests {"), "\(name)")
                #expect(suite.lines.contains { cites(rule, $0.text) }, "\(name)Tests does not cite [\(rule.rawValue)]")
            }
        }
    }

    private func cites(_ rule: Rule, _ line: Substring) -> Bool {
        RuleCatalogueTests.names(in: line).contains(rule.rawValue)
    }

    @Test func rulesAskFactsAlone() throws {
        for file in try Tree.files(in: Self.rules, extensions: ["swift"]) {
            #expect(Self.imports(of: file).subtracting(Self.facts) == [], "\(file.path)")
            let word = file.text.firstMatch(of: #/\b(?:Vault\w*|Client|Links?|KnownCallLists|async|await)\b/#)
            #expect(word == nil, "\(file.path) knows of \(word?.0 ?? "")")
        }
        for file in try Tree.files(in: Self.suites, extensions: ["swift"]) {
            #expect(
                Self.imports(of: file).subtracting(Self.facts).isSubset(of: [
                    "Client", "DSSE", "Office", "TestTeam", "Testing",
                ]),
                "\(file.path)")
            #expect(!file.text.contains(#/\bWorld\b/#), "\(file.path)")
        }
    }
}
