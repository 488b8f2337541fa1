import CallList
import Escalation
import RelayAPI
import Terms
import Testing

@testable import Relay

/// [R3] Headers are judged by what their parent left, and junk bricks no room; with no database.
@Suite struct CommitTests {
    private let world: World
    private let list: CallList
    init() throws {
        world = try World()
        list = try world.list(world.bundle())
    }

    private func person(_ index: Int) -> DeviceKeys { world.people[index] }

    /// A room of the first `count` persons, which the first leads.
    private func room(of count: Int) throws -> RoomFacts {
        let creation = Posts.incident(.random(), adding: Array(world.people[1..<count]))
        return try RoomTransition.create(
            creation.pinned(to: list, by: person(0)), by: person(0).device, exists: false, openRooms: 0,
            lists: CallListsAtHand(newest: list), limits: RelayLimits(), at: .after(seconds: 0),
            identity: World.identity
        ).transition.room
    }

    /// Posts to `room`, which is as it was where that is refused.
    @discardableResult
    private func post(
        _ post: EntryPost, to room: inout RoomFacts, by index: Int, under lists: CallListsAtHand? = nil,
        at seconds: UInt64 = 0
    ) -> Problem? {
        let lists = lists ?? CallListsAtHand(newest: list)
        var transition = RoomTransition(room, at: .after(seconds: seconds), identity: World.identity)
        do {
            _ = try transition.post(
                post.pinned(to: lists.newest), by: person(index).device, lists: lists, limits: RelayLimits())
        } catch {
            return error
        }
        room = transition.room
        return nil
    }

    @Test("a header that removes the others is refused, they go on, and the lead removes its author")
    func junkThatRemovesTheOthers() throws {
        var room = try room(of: 4)
        let junk = Posts.commit(1, removes: [person(0), person(1)])
        #expect(post(junk, to: &room, by: 3)?.code == .commitRefused)
        #expect(post(Posts.message(1), to: &room, by: 1) == nil)
        #expect(post(Posts.commit(2, removes: [person(3)]), to: &room, by: 0) == nil)
        #expect(post(Posts.message(3, parent: 3), to: &room, by: 2) == nil)
        #expect(post(Posts.message(4), to: &room, by: 3)?.code == .notMember)
    }

    @Test("a header that readers skip changes nothing for those that honest members go on from")
    func junkThatWasTaken() throws {
        let second = try world.list(world.bundle(2, without: [person(4)], previous: list))
        let lists = CallListsAtHand(newest: second, pinned: list)
        var room = try room(of: 5)
        // Whoever the second list revokes may go by anybody's commit; this one is junk under its header.
        #expect(
            post(Posts.commit(1, removes: [person(4)], pin: RoomPin(second)), to: &room, by: 3, under: lists) == nil)
        #expect(room.ledger.members.count == 5)
        // Honest members are still in the first epoch, pinned to the first list, and remove the same device.
        #expect(post(Posts.message(2), to: &room, by: 1, under: lists) == nil)
        let honest = Posts.commit(3, removes: [person(4)], pin: RoomPin(second))
        #expect(post(honest, to: &room, by: 0, under: lists) == nil)
        #expect(post(Posts.message(4, parent: 4), to: &room, by: 1, under: lists) == nil)
        #expect(room.ledger.stands == 4)
        #expect(room.ledger.members == Set((0..<4).map { person($0).id }))
        #expect(!room.audience.contains(person(4).id))
    }

    @Test("who is out by a commit that others go on without is in again") func branch() throws {
        let second = try world.list(world.bundle(2, without: [person(3)], previous: list))
        let third = try world.list(world.bundle(3, previous: second))
        let lists = CallListsAtHand(newest: third, pinned: second)
        var room = try room(of: 5)
        let removal = Posts.commit(1, removes: [person(3)], pin: RoomPin(second))
        #expect(post(removal, to: &room, by: 4, under: lists) == nil)
        // A second device of the same person makes it stand, though no honest reader holds it.
        #expect(post(Posts.message(2, parent: 2), to: &room, by: 2, under: lists) == nil)
        #expect(post(Posts.message(3), to: &room, by: 3, under: lists)?.code == .notMember)
        // The third list has the removed one again, and the honest go on from before.
        #expect(post(Posts.commit(3, pin: RoomPin(third)), to: &room, by: 0, under: lists) == nil)
        #expect(room.audience.contains(person(3).id))
        #expect(post(Posts.message(4, parent: 4), to: &room, by: 3, under: lists) == nil)
        #expect(room.ledger.stands == 4 && room.ledger.members.count == 5 && room.memberCount == 5)
    }

    @Test("a pin of a list that the relay does not have, or that goes back") func pins() throws {
        let second = try world.list(world.bundle(2, previous: list))
        let third = try world.list(world.bundle(3, previous: second))
        var room = try room(of: 3)
        let known = CallListsAtHand(newest: second, pinned: list)
        #expect(post(Posts.commit(1, pin: RoomPin(third)), to: &room, by: 1, under: known)?.code == .callListUnknown)
        let other = RoomPin(version: 2, digest: RoomPin(third).digest)
        #expect(post(Posts.commit(1, pin: other), to: &room, by: 1, under: known)?.code == .callListUnknown)
        #expect(post(Posts.commit(1, pin: RoomPin(second)), to: &room, by: 1, under: known) == nil)
        let back = Posts.commit(2, parent: 2, pin: RoomPin(list))
        #expect(post(back, to: &room, by: 0, under: known)?.code == .commitRefused)
        // Of the epoch before, where it was pinned to the first list still.
        #expect(post(Posts.commit(2, pin: RoomPin(list)), to: &room, by: 0, under: known) == nil)
        #expect(post(Posts.commit(3, parent: 2, pin: RoomPin(second)), to: &room, by: 0, under: known) == nil)
    }

    @Test("[R6] only a leading device adds people, removes who is listed, or changes who leads") func leads() throws {
        var room = try room(of: 4)
        for (header, expected) in [
            (Posts.commit(1, adds: [person(5)]), ProblemCode.commitRefused),
            (Posts.commit(1, removes: [person(2)]), .commitRefused),
            (Posts.commit(1, leads: [person(1)]), .commitRefused),
        ] { #expect(post(header, to: &room, by: 1)?.code == expected) }
        for leads in [[], [person(5)], [person(0), person(0)]] {
            #expect(post(Posts.commit(1, leads: leads), to: &room, by: 0)?.code == .commitRefused)
        }
        #expect(post(Posts.commit(1, removes: [person(0)]), to: &room, by: 0)?.code == .commitRefused)
        #expect(post(Posts.commit(1, adds: [person(1)]), to: &room, by: 0)?.code == .commitRefused)
        #expect(post(Posts.commit(1, adds: [world.sensors[0]]), to: &room, by: 0)?.code == .commitRefused)
        #expect(post(Posts.commit(1, leads: [person(1)]), to: &room, by: 0) == nil)
        // From there on the other leads, and in the epoch before still the first.
        #expect(post(Posts.commit(2, parent: 2, adds: [person(5)]), to: &room, by: 0)?.code == .commitRefused)
        #expect(post(Posts.commit(2, parent: 2, adds: [person(5)]), to: &room, by: 1) == nil)
        #expect(post(Posts.message(3, parent: 3), to: &room, by: 5) == nil)
        #expect(room.ledger.stands == 3)
    }

    @Test("[R1] expiry counts by the earlier of the entry's time and its author's, and nobody dates far back")
    func expiry() throws {
        let end = World.start.adding(seconds: 600)
        let short = try world.list(world.bundle(expiring: [person(2).id: end]))
        let lists = CallListsAtHand(newest: short)
        let cases: [(entry: UInt64, author: UInt64, isAllowed: Bool)] = [
            (599, 599, true), (600, 599, true), (600, 600, false), (599, 700, true), (900, 599, false),
            (899, 599, true), (900, 600, false), (601, 300, false), (601, 301, true), (602, 301, false),
        ]
        for (entry, author, isAllowed) in cases {
            let creation = Posts.incident(.random(), adding: [person(1), person(2)])
            var room = try RoomTransition.create(
                creation.pinned(to: short, by: person(0)), by: person(0).device, exists: false, openRooms: 0,
                lists: lists, limits: RelayLimits(), at: .after(seconds: 0), identity: World.identity
            ).transition.room
            let commit = Posts.commit(1, at: World.start.adding(seconds: author))
            let refused = post(commit, to: &room, by: 2, under: lists, at: entry)
            #expect((refused == nil) == isAllowed, "entry at \(entry), by its author at \(author)")
        }
    }

    @Test("a header that says something else than its post") func place() throws {
        let honest = Posts.commit(1).pinned(to: list)
        let rules = RoomRules(limits: RelayLimits())
        try rules.check(honest)
        for (base, parent) in [(2, 1), (1, 2)] as [(UInt64, UInt64)] {
            let other = EntryPost(
                event: .random(), entryClass: .commit, baseSeq: base, parent: parent, payload: honest.payload)
            #expect(throws: Problem.self) { try rules.check(other) }
        }
    }

    // MARK: Budget

    @Test("CommitFlood: four commits of a device in a room, then one every ten seconds; the others are not held up")
    func flood() throws {
        var room = try room(of: 4)
        for base in 1...4 { #expect(post(Posts.commit(UInt64(base)), to: &room, by: 3) == nil) }
        let refused = post(Posts.commit(5), to: &room, by: 3)
        #expect(refused?.code == .rateLimited && refused?.status == 429 && refused?.retryAfter == 10)
        #expect(room.log.seq == 5)
        #expect(post(Posts.commit(5), to: &room, by: 3, at: 9)?.retryAfter == 1)
        #expect(post(Posts.commit(5), to: &room, by: 3, at: 10) == nil)
        #expect(post(Posts.commit(6), to: &room, by: 3, at: 10)?.code == .rateLimited)
        // Of all that, nothing is the others' epoch: a message lands, and so does the removal.
        #expect(post(Posts.message(6), to: &room, by: 1, at: 10) == nil)
        #expect(post(Posts.commit(7, removes: [person(3)]), to: &room, by: 0, at: 10) == nil)
        #expect(post(Posts.message(8, parent: 8), to: &room, by: 1, at: 10) == nil)
        #expect(post(Posts.commit(9, at: World.start), to: &room, by: 3, at: 600)?.code == .notMember)
    }

    @Test("a budget of commits fills with time, never beyond what it holds")
    func budget() {
        var budget = Budget()
        let rate = Budget.Rate(burst: 2, seconds: 1.5)
        func take(at seconds: UInt64) -> Int? { budget.take(at: Elapsed(seconds: seconds), rate) }
        #expect([take(at: 100), take(at: 100), take(at: 100)] == [nil, nil, 2])
        #expect([take(at: 102), take(at: 102)] == [nil, 1])
        #expect([take(at: 900), take(at: 900), take(at: 900)] == [nil, nil, 2])
    }
}
