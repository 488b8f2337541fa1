import Terms
import Testing

@Suite struct EventIDTests {
    @Test("a process's ids begin alike, count up, and end in what nobody guesses") func ids() {
        let ids = (0..<1_000).map { _ in EventID.random() }
        #expect(Set(ids.map { Array($0.bytes.prefix(3)) }).count == 1)
        #expect(Set(ids.map { Array($0.bytes.suffix(10)) }).count == ids.count)
        // Others count in between, but never back: but for the once in 16 million when the count begins again.
        #expect(zip(ids, ids.dropFirst()).count { $0 < $1 } >= ids.count - 2)
    }
}
