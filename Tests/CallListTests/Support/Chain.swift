import CallList
import TestTeam

/// Call lists by name, in a notation that shows what was made from what: in `G1 -> A | A' -> B` both A and A' were made from
/// G1, and B from the first of the two. A name stands for the same list wherever it is written.
struct Chain {
    private var lists: [String: CallList] = [:]

    init(_ lines: String..., fixture: Founding) throws {
        for line in lines {
            var parent: CallList?
            for names in Self.names(line) {
                for name in names where lists[name] == nil { lists[name] = try fixture.list(previous: parent) }
                parent = names.first.flatMap { lists[$0] }
            }
        }
    }

    struct UnknownName: Error { let name: String }

    subscript(_ name: String) -> CallList {
        get throws {
            guard let list = lists[name] else { throw UnknownName(name: name) }
            return list
        }
    }

    /// What somebody keeps who took in these, in this order; nothing where there are none.
    func history(_ line: String) throws -> CallListHistory {
        try CallListHistory(Self.names(line).joined().map { try self[$0] })
    }

    /// By step; in each the names between which `|` stands.
    private static func names(_ line: String) -> [[String]] {
        line.split(separator: "->").map { step in
            step.split(separator: "|").map { $0.filter { $0 != " " } }
        }
    }
}
