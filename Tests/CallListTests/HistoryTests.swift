import Terms
import TestTeam
import Testing

@testable import CallList

/// What a call list is to those that were taken in before it.
@Suite struct HistoryTests {
    private let chain: Chain
    private static let names = ["G1", "A", "A'", "B", "B'", "C"]

    init() throws { chain = try Chain("G1 -> A | A'", "G1 -> A -> B -> C", "G1 -> A' -> B'", fixture: Founding()) }

    @Test(
        arguments: [
            ("", "G1", .first),
            ("", "B", .first),
            ("G1", "A", .next),
            ("G1", "A'", .next),
            ("G1 -> A", "B", .next),
            ("B", "C", .next),
            ("G1", "G1", .same),
            ("G1 -> A -> B", "B", .same),
            ("G1 -> A -> B", "A", .rollback),
            ("G1 -> A -> B", "G1", .rollback),
            // What B was made from is known by its digest; of what lies before that, nothing is.
            ("B -> C", "A", .older),
            ("B -> C", "G1", .older),
            ("B -> C", "A'", .equivocation),
            ("G1", "B", .gap),
            ("G1 -> A", "C", .gap),
            ("G1 -> A", "A'", .equivocation),
            ("G1 -> A -> B -> C", "A'", .equivocation),
            ("G1 -> A -> B", "B'", .equivocation),
            ("G1 -> A'", "B", .fork),
            ("G1 -> A", "B'", .fork),
        ] as [(String, String, CallListHistory.Standing)])
    func aListIsWhatItIsToThoseKept(_ kept: String, _ comes: String, _ standing: CallListHistory.Standing) throws {
        var history = try chain.history(kept)
        let list = try chain[comes]
        #expect(history.standing(of: list) == standing)
        let before = history.lists.map(\.digest)
        let after = [.first, .next].contains(standing) ? before + [list.digest] : before
        if let refusal = history.refusal(of: list, as: standing) {
            #expect(throws: refusal) { try history.take(list) }
            #expect(refusal.hint != nil)
        } else {
            #expect(try history.take(list) == standing)
        }
        #expect(history.lists.map(\.digest) == after)
    }

    /// In whatever order lists come, what is kept is one chain without a gap.
    @Test func whatIsKeptIsAlwaysOneChain() throws {
        for order in permutations(of: Self.names) {
            var history = CallListHistory()
            for name in order { _ = try? history.take(chain[name]) }
            for (list, next) in zip(history.lists, history.lists.dropFirst()) {
                #expect(next.version == list.version + 1 && next.previous == list.digest)
            }
            #expect(history.newest?.digest == history.lists.last?.digest)
        }
    }

    @Test func whatIsStoredOutOfOrderIsNotTakenBack() throws {
        #expect(throws: CallListError.self) { try chain.history("G1 -> B") }
        #expect(throws: CallListError.self) { try chain.history("G1 -> A -> B'") }
        #expect(try chain.history("A -> B").lists.count == 2)
    }

    @Test func aVersionIsFoundWhereItIsKept() throws {
        let history = try chain.history("A -> B -> C")
        #expect(try history[version: 3]?.digest == chain["B"].digest)
        for version in [0, 1, 5, .max] as [UInt64] { #expect(history[version: version] == nil) }
        #expect(CallListHistory()[version: 1] == nil)
    }

    private func permutations(of names: [String]) -> [[String]] {
        guard names.count > 1 else { return [names] }
        return names.indices.flatMap { index in
            var rest = names
            let name = rest.remove(at: index)
            return permutations(of: rest).map { [name] + $0 }
        }
    }
}
