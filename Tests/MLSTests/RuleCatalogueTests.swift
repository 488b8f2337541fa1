import Foundation
import Testing

@testable import MLS

/// That no rule of the catalogue is only on paper: each is cited by a source that enforces it and by a test that breaks
/// it.
@Suite struct RuleCatalogueTests {
    @Test func everyRuleIsEnforcedAndTested() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let sources = tests.appendingPathComponent("../../Sources/MLS").standardizedFileURL
        let enforced = try citations(in: sources, except: ["Rule.swift"])
        let tested = try citations(in: tests, except: ["RuleCatalogueTests.swift"])
        for rule in Rule.allCases {
            #expect(enforced.contains(rule.rawValue), "no source enforces rule \(rule)")
            #expect(tested.contains(rule.rawValue), "no test breaks rule \(rule)")
        }
        #expect(enforced.isSubset(of: Rule.allCases.map(\.rawValue)))
    }

    /// The numbers N of all `.vN` in a folder's Swift files.
    private func citations(in folder: URL, except names: Set<String>) throws -> Set<UInt8> {
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var found: Set<UInt8> = []
        for case let file as URL in files
        where file.pathExtension == "swift" && !names.contains(file.lastPathComponent) {
            let text = try String(contentsOf: file, encoding: .utf8)
            found.formUnion(text.matches(of: #/\.v(\d+)\b/#).compactMap { UInt8($0.1) })
        }
        return found
    }

    @Test func eachIsOfOneClass() {
        #expect(Set(Rule.allCases.map(\.rawValue)).count == Rule.allCases.count)
        #expect(MLSError(.v42, "").code == .duplicateSignatureKey)
        #expect(MLSError(.v42, "so").description == "so (duplicateSignatureKey, rule 42)")
        #expect(MLSError(.misuse, "so").description == "so (misuse)")
    }
}
