import Foundation
import Testing

/// The arrows of the architecture, read from the `import` lines of all sources: a lower floor never learns of a higher one, and
/// what others made is known to one floor only.
@Suite struct ArrowTests {
    /// One `import` line.
    private struct Import {
        let file: Tree.File
        let line: Int
        let name: String
        var place: String { "\(file.path):\(line) imports \(name)" }
    }

    /// Read once: tens of thousands of lines take their time.
    private static let read = Result { try readImports() }

    private static func imports() throws -> [Import] { try read.get() }

    private static func readImports() throws -> [Import] {
        try Tree.files(in: "Sources", extensions: ["swift"]).flatMap { file in
            file.lines.compactMap { line in
                name(in: line.text).map { Import(file: file, line: line.number, name: $0) }
            }
        }
    }

    /// The module that a line imports: also with an access level, with attributes, or of one declaration only.
    private static func name(in line: Substring) -> String? {
        // Most lines are told apart by their first letter, far quicker than by the pattern.
        let first = line.utf8.first { $0 != UInt8(ascii: " ") }
        guard let first, "@ifp".utf8.contains(first) else { return nil }
        let pattern =
            #/^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:(?:struct|class|enum|protocol|typealias|func|let|var|actor)\s+)?(\w+)/#
        return line.firstMatch(of: pattern).map { String($0.1) }
    }

    @Test func everyImportIsAllowed() throws {
        let floors = Dictionary(uniqueKeysWithValues: Arrows.floors.map { ($0.module, $0) })
        let imports = try Self.imports()
        #expect(imports.count > 500)
        for one in imports {
            guard let floor = floors[one.file.module] else {
                Issue.record("\(one.place): the module \(one.file.module) has no line in Arrows.floors")
                continue
            }
            let isAllowed =
                floor.own.contains(one.name) || floor.others.contains(one.name)
                || Arrows.toolchain.contains(one.name) || Arrows.owed[floor.module]?.contains(one.name) == true
            #expect(
                isAllowed,
                """
                \(one.place): \(floor.module) may import \(floor.own.union(floor.others).sorted().joined(separator: ", ")); \
                see Arrows.floors
                """)
        }
    }

    /// The table is a one-way graph: a floor imports only what stands above its line.
    @Test func arrowsPointOneWay() {
        var below: Set<String> = []
        for floor in Arrows.floors {
            for name in floor.own {
                #expect(below.contains(name), "\(floor.module) -> \(name) points up, or \(name) has no line")
            }
            #expect(below.insert(floor.module).inserted, "\(floor.module) has two lines")
        }
    }

    /// These hold whatever else is changed in the table: what the relay cannot import it cannot read.
    @Test func theRelayCannotRead() throws {
        let unread: Set<String> = ["MLS", "Incident", "Office", "Client", "Yams"]
        let reachable = Self.reachable(from: "Relay")
        #expect(reachable.isDisjoint(with: unread.subtracting(["Yams"])), "the table lets the relay reach \(reachable)")
        for one in try Self.imports() where one.file.module == "Relay" {
            #expect(!unread.contains(one.name), "\(one.place): the relay never reads what members write")
        }
        #expect(Self.reachable(from: "MLS") == ["Sodium", "CSodium", "WireFormat"])
    }

    /// What one floor alone knows of.
    @Test(arguments: [
        ("GRDB", ["SQLite"]), ("Yams", ["Office", "Gateway"]), ("Hummingbird", ["Relay", "tocsin-bench"]),
        ("HummingbirdTLS", ["Relay", "tocsin-bench"]),
        ("AsyncHTTPClient", ["Client", "tocsin-bench"]),
        ("CSodium", ["Sodium", "tocsin-bench"]), ("CPostgres", ["Relay"]), ("X509", ["Relay"]),
    ])
    func whatOthersMadeStaysOnItsFloor(_ name: String, _ modules: [String]) throws {
        for one in try Self.imports() where one.name == name {
            let module = one.file.module
            #expect(
                modules.contains(module) || Arrows.owed[module]?.contains(name) == true,
                "\(one.place): only \(modules.joined(separator: " and ")) may")
        }
        for floor in Arrows.floors where floor.own.union(floor.others).contains(name) {
            #expect(modules.contains(floor.module), "Arrows.floors lets \(floor.module) import \(name)")
        }
    }

    @Test(arguments: [
        ("import GRDB", "GRDB"), ("public import struct Foundation.Data", "Foundation"),
        ("  package import MLS", "MLS"),
        ("@testable import Relay", "Relay"), ("@_spi(Some) internal import Sodium", "Sodium"),
        ("// import Yams", nil), ("let important = 1", nil),
    ])
    func importLinesAreRead(_ line: String, _ name: String?) { #expect(Self.name(in: line[...]) == name) }

    private static func reachable(from module: String) -> Set<String> {
        var (reached, waiting) = (Set<String>(), [module])
        while let next = waiting.popLast() {
            for name in Arrows.floors.first(where: { $0.module == next })?.own ?? []
            where reached.insert(name).inserted { waiting.append(name) }
        }
        return reached
    }
}
