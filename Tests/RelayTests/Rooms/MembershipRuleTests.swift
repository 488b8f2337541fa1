import Testing

@testable import Relay

/// Which part of a log a device may see: without a database.
@Suite struct MembershipRuleTests {
    struct Window: Sendable, CustomTestStringConvertible {
        let name: String
        let member: Membership
        let after: UInt64
        let from: UInt64
        let through: UInt64
        var testDescription: String { name }
    }

    private static func member(
        joined: UInt64 = 3, removed: UInt64? = nil, released: Bool = true, cursor: UInt64 = 0,
        earlier: ClosedRange<UInt64>? = nil
    ) -> Membership {
        Membership(joined: joined, removed: removed, step: 0, released: released, cursor: cursor, earlier: earlier)
    }

    @Test(arguments: [
        Window(name: "nothing before it joined", member: member(), after: 0, from: 3, through: 10),
        Window(name: "on from where it is", member: member(), after: 7, from: 7, through: 10),
        Window(name: "up to its removal", member: member(removed: 6), after: 4, from: 4, through: 6),
        Window(
            name: "first the end of its earlier time", member: member(joined: 8, earlier: 1...5), after: 2, from: 2,
            through: 5),
        Window(
            name: "of its earlier time nothing before it", member: member(joined: 8, earlier: 1...5), after: 0, from: 1,
            through: 5),
        Window(name: "then the present one", member: member(joined: 8, earlier: 1...5), after: 5, from: 8, through: 10),
        Window(
            name: "removed for the second time", member: member(joined: 8, removed: 9, earlier: 1...5), after: 2,
            from: 8, through: 9),
    ]) func windows(_ window: Window) {
        let (from, through) = window.member.window(after: window.after, head: 10)
        #expect(from == window.from && through == window.through)
    }

    // MARK: Added again

    @Test("[R3] who is a member already loses nothing by being added") func addedTwice() {
        let member = Self.member(cursor: 4, earlier: 1...2)
        #expect(member.added(by: 9, step: 2, released: false) == member)
        var staged = Self.member(released: false)
        #expect(staged.added(by: 9, step: 2, released: false) == staged)
        let called = staged.added(by: 9, step: 1, released: true)
        staged.released = true
        #expect(called == staged)
    }

    struct Return: Sendable, CustomTestStringConvertible {
        let name: String
        let member: Membership
        let earlier: ClosedRange<UInt64>?
        var testDescription: String { name }
    }

    @Test(arguments: [
        Return(name: "its first end is unseen", member: member(removed: 6, cursor: 4), earlier: 3...6),
        Return(name: "also one that it has seen is kept", member: member(removed: 6, cursor: 6), earlier: 3...6),
        Return(
            name: "of two the first whose end is unseen",
            member: member(joined: 8, removed: 9, cursor: 4, earlier: 1...5), earlier: 1...5),
        Return(
            name: "of two, the first one seen, the second",
            member: member(joined: 8, removed: 9, cursor: 5, earlier: 1...5), earlier: 8...9),
        Return(name: "never called: nothing to be told", member: member(removed: 6, released: false), earlier: nil),
    ]) func addedAgain(_ case: Return) {
        let next = `case`.member.added(by: 12, step: 1, released: true)
        #expect(next.joined == 12 && next.removed == nil && next.released && next.step == 1)
        #expect(next.earlier == `case`.earlier)
        #expect(!next.settled)
    }

    // MARK: Processed

    @Test(
        arguments: [
            (member(), 5, 10, false, false), (member(), 10, 10, false, false), (member(), 9, 10, true, false),
            (member(), 10, 10, true, true), (member(cursor: 10), 2, 10, true, true),
            (member(removed: 6), 5, 10, false, false), (member(removed: 6), 6, 10, false, true),
        ] as [(Membership, UInt64, UInt64, Bool, Bool)])
    func settling(_ member: Membership, seq: UInt64, head: UInt64, isClosed: Bool, settled: Bool) {
        let next = member.processed(upTo: seq, head: head, isOver: isClosed)
        #expect(next.settled == settled)
        #expect(next.cursor == max(seq, member.cursor))
    }
}
