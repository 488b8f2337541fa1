import CallList
import Escalation
import RelayAPI
import Sodium
import Terms
import Testing
import WireFormat

@testable import Relay

/// The rules of a relay's rooms, from facts to changes and notices, with no database.
@Suite struct RoomTransitionTests {
    /// A page by the first sensor that calls `first`, and `second` a minute later; and who is in it.
    private struct Scene {
        let world: World
        let list: CallList
        var transition: RoomTransition
        var room: RoomFacts { transition.room }

        init(steps: Int = 2, by maker: DeviceKeys? = nil, openRooms: Int = 0, limits: RelayLimits = .init()) throws {
            world = try World()
            list = try world.list(world.bundle())
            let creation = Posts.page(
                .random(), (0..<steps).map { [world] in .init(persons: [[world.people[$0]]]) })
            transition = try RoomTransition.create(
                creation.pinned(to: list, by: maker ?? world.sensors[0]), by: (maker ?? world.sensors[0]).device,
                exists: false, openRooms: openRooms, lists: CallListsAtHand(newest: list), limits: limits,
                at: .after(seconds: 0), identity: World.identity
            ).transition
        }

        /// The next change of the same room, so many seconds after the start.
        func next(at seconds: UInt64 = 0) -> RoomTransition {
            RoomTransition(room, at: .after(seconds: seconds), identity: World.identity)
        }
    }

    private func refusal(_ body: () throws -> Void) -> ProblemCode? {
        do {
            try body()
            return nil
        } catch {
            return (error as? Problem)?.code
        }
    }

    // MARK: Creation

    @Test func aPageCallsItsFirstStepAtOnce() throws {
        let scene = try Scene()
        let (first, second) = (scene.world.people[0].id, scene.world.people[1].id)
        #expect(scene.room.audience == [scene.world.sensors[0].id, first])
        #expect(scene.room.withheld == [.init(device: second, step: 2)])
        #expect(scene.room.releasedSteps == 1 && scene.room.memberCount == 3)
        #expect(scene.room.log.seq == 3 && scene.room.log.commit == 1)
        let called = scene.transition.changes.compactMap { if case .call(let devices) = $0 { devices } else { nil } }
        #expect(called == [[first]])
        guard case .page(_, let due) = scene.transition.changes.last else {
            Issue.record("the page is not kept")
            return
        }
        #expect(due == Elapsed(seconds: 60))
    }

    @Test func whoMayMakeARoom() throws {
        let world = try World()
        let list = try world.list(world.bundle())
        let incident = Posts.incident(.random(), adding: [world.people[1]])
        let page = Posts.page(.random(), [.init(persons: [[world.people[0]]])])
        func refusal(_ creation: RoomCreation, _ maker: DeviceKeys, exists: Bool = false, open: Int = 0) -> ProblemCode?
        {
            self.refusal {
                _ = try RoomTransition.create(
                    creation.pinned(to: list, by: maker), by: maker.device, exists: exists, openRooms: open,
                    lists: CallListsAtHand(newest: list), limits: RelayLimits(), at: .after(seconds: 0),
                    identity: World.identity)
            }
        }
        #expect(refusal(incident, world.people[0]) == nil && refusal(page, world.sensors[0]) == nil)
        #expect(refusal(incident, world.sensors[0]) == .sensorMayNotCommit)
        #expect(refusal(page, world.people[1], exists: true) == .roomExists)
        #expect(refusal(page, world.sensors[0], open: 100) == .limitReached)
        #expect(refusal(page, world.people[1], open: 100) == nil)
        let stranger = try DeviceKeys.generate(kind: .person)
        #expect(refusal(Posts.incident(.random(), adding: [stranger]), world.people[0]) == .memberNotListed)
    }

    // MARK: Posts

    @Test("each class of post has its rules [R3], [R5], [R11]") func posts() throws {
        let scene = try Scene()
        let (sensor, called, staged) = (scene.world.sensors[0], scene.world.people[0], scene.world.people[1])
        let (stranger, room) = (scene.world.people[2], scene.room.room)
        let statement = try Posts.statement(.ack, in: room, by: called)
        let cases: [(EntryPost, DeviceKeys, ProblemCode?)] = [
            (Posts.message(2), called, nil), (Posts.message(1), sensor, nil), (Posts.message(2), staged, .notMember),
            (Posts.message(2), stranger, .notMember), (Posts.message(4), called, .baseSequenceInvalid),
            (Posts.message(0), called, .commitConflict), (Posts.commit(2), called, nil),
            (Posts.commit(0), called, .commitConflict), (Posts.commit(2), sensor, .sensorMayNotCommit),
            (Posts.commit(2, removes: [staged]), called, .commitRefused),
            (Posts.commit(2, adds: [stranger]), called, .commitRefused),
            (Posts.commit(2, leads: [called]), called, .commitRefused),
            (Posts.commit(2, pin: RoomPin(version: 2, digest: RoomPin(scene.list).digest)), called, .callListUnknown),
            (Posts.commit(2, pin: RoomPin(version: 1, digest: RoomPin.later.digest)), called, .callListUnknown),
            (Posts.commit(2, parent: 2), called, .malformedRequest),
            (Posts.message(2, parent: 2), called, .malformedRequest),
            (Posts.commit(2, adds: [try DeviceKeys.generate(kind: .person)]), called, .memberNotListed),
            (EntryPost(event: .random(), entryClass: .timer, baseSeq: 2, payload: []), called, .malformedRequest),
            (EntryPost(event: .random(), entryClass: .commit, baseSeq: 2, payload: [1]), called, .malformedRequest),
            // The author's signature counts, whoever brings it.
            (statement, called, nil), (statement, sensor, nil), (statement, stranger, .notMember),
            (try Posts.statement(.ack, in: room, by: staged), called, .statementRefused),
            (try Posts.statement(.ack, in: room, by: sensor), sensor, .statementRefused),
            (try Posts.statement(.fired, in: room, by: called), called, .statementRefused),
            (try Posts.statement(.reopen, in: room, by: called), called, .statementRefused),
            (try Posts.statement(.ack, in: room, by: called, seen: 4), called, .statementRefused),
            (try Posts.statement(.ack, in: room, by: called, signedBy: staged), called, .statementRefused),
            (
                try Posts.statement(.ack, in: room, by: called, about: (.random(), .random())), called,
                .statementRefused
            ),
        ]
        for (index, (post, author, expected)) in cases.enumerated() {
            var next = scene.next()
            let refused = refusal {
                _ = try next.post(
                    post.pinned(to: scene.list), by: author.device, lists: CallListsAtHand(newest: scene.list),
                    limits: RelayLimits())
            }
            #expect(refused == expected, "case \(index)")
        }
    }

    @Test("[R12] an ended page is kept for an hour; then it is destroyed, and takes nothing") func theEnd() throws {
        let scene = try Scene()
        let called = scene.world.people[0]
        var ending = scene.next()
        _ = try ending.post(
            try Posts.statement(.resolved, in: scene.room.room, by: called), by: called.device,
            lists: CallListsAtHand(newest: scene.list),
            limits: RelayLimits())
        #expect(!ending.destroys && !ending.room.isClosed && ending.room.withheld.count == 1)
        #expect(ending.notices.last == .timers)
        var early = RoomTransition(ending.room, at: .after(seconds: 3_599), identity: World.identity)
        early.tick(under: scene.list)
        #expect(!early.room.isClosed)
        var gone = RoomTransition(ending.room, at: .after(seconds: 3_600), identity: World.identity)
        gone.tick(under: scene.list)
        #expect(gone.destroys && gone.room.isClosed && gone.room.page == nil && gone.room.withheld.isEmpty)
        var after = RoomTransition(gone.room, at: .after(seconds: 3_600), identity: World.identity)
        let reopen = try Posts.statement(.reopen, in: scene.room.room, by: called)
        for post in [Posts.message(2), reopen] {
            let late = refusal {
                _ = try after.post(
                    post, by: called.device, lists: CallListsAtHand(newest: scene.list), limits: RelayLimits())
            }
            #expect(late == .roomClosed)
        }
        // There is nothing left for the timers.
        after.tick(under: scene.list)
        #expect(after.changes.isEmpty && after.notices.isEmpty)
    }

    @Test("A clock that was ahead is set right: the log says what the clock said [R18]") func aRoomsTimeStepsBack()
        throws
    {
        let scene = try Scene()
        var later = scene.next(at: 10)
        later.append(.message, payload: [1], poster: scene.world.people[0].id)
        var earlier = RoomTransition(later.room, at: .after(seconds: 0), identity: World.identity)
        #expect(earlier.append(.message, payload: [2], poster: .relay).time == World.start)
        #expect(earlier.room.log.seq == 5)
    }

    // MARK: Timers

    @Test func theNextStepIsReleasedWhenItIsDue() throws {
        let scene = try Scene()
        var early = scene.next(at: 59)
        early.tick(under: scene.list)
        #expect(early.room.releasedSteps == 1 && early.notices.isEmpty)
        var due = scene.next(at: 60)
        due.tick(under: scene.list)
        let second = scene.world.people[1].id
        #expect(due.room.releasedSteps == 2 && due.room.withheld.isEmpty && due.room.audience.last == second)
        #expect(due.notices.first == .heads(to: [second]))
        guard case .entry(_, let entry, let audience) = due.notices.last else {
            Issue.record("nobody is told")
            return
        }
        #expect(entry.entryClass == .timer && audience.contains(second))
        let signed = try SignedTimerEntry(decoding: entry.payload)
        #expect(signed.entry == .released(step: 1, persons: [PersonHandle(index: 1)]))
        #expect(signed.readings.most == Elapsed(seconds: 60))
        #expect(signed.isValid(room: scene.room.room, seq: entry.seq, by: World.identity.publicKey))
        // At its horizon it ends, and an hour later what was withheld is destroyed.
        var end = scene.next(at: 3_600)
        end.tick(under: scene.list)
        #expect(!end.destroys && end.room.page?.state.ended?.how == .unseen)
        var gone = RoomTransition(end.room, at: .after(seconds: 7_200), identity: World.identity)
        gone.tick(under: scene.list)
        #expect(gone.destroys)
    }

    @Test func anAcknowledgementHoldsTheNextStepBack() throws {
        let scene = try Scene()
        let (called, sensor) = (scene.world.people[0], scene.world.sensors[0])
        var acknowledged = scene.next(at: 1)
        func state(_ kind: Statement.Kind, by keys: DeviceKeys, _ transition: inout RoomTransition) throws {
            _ = try transition.post(
                try Posts.statement(kind, in: scene.room.room, by: keys), by: keys.device,
                lists: CallListsAtHand(newest: scene.list),
                limits: RelayLimits())
        }
        try state(.ack, by: called, &acknowledged)
        var later = RoomTransition(acknowledged.room, at: .after(seconds: 600), identity: World.identity)
        later.tick(under: scene.list)
        #expect(later.room.releasedSteps == 1)
        #expect(refusal { try state(.escalate, by: sensor, &later) } == .statementRefused)
        try state(.escalate, by: called, &later)
        #expect(later.room.releasedSteps == 2)
    }

    @Test("[R11] the acknowledgements of a device that left the list, or whose time is over, are void from then on")
    func lostDevices() throws {
        let scene = try Scene()
        let called = scene.world.people[0]
        var acknowledged = scene.next(at: 1)
        _ = try acknowledged.post(
            try Posts.statement(.ack, in: scene.room.room, by: called), by: called.device,
            lists: CallListsAtHand(newest: scene.list),
            limits: RelayLimits())
        let ends = World.start.adding(seconds: 300)
        for list in [
            try scene.world.list(scene.world.bundle(2, without: [called], previous: scene.list)),
            try scene.world.list(scene.world.bundle(2, previous: scene.list, expiring: [called.id: ends])),
        ] {
            var later = RoomTransition(
                acknowledged.room, at: .after(seconds: 300), identity: World.identity)
            later.tick(under: list)
            #expect(later.room.releasedSteps == 2)
            let written = try later.notices.compactMap { notice -> TimerEntry? in
                guard case .entry(_, let entry, _) = notice else { return nil }
                return try SignedTimerEntry(decoding: entry.payload).entry
            }
            guard case .void? = written.first, case .released(step: 1, _)? = written.last else {
                Issue.record("it wrote \(written)")
                return
            }
        }
        // It looks again when the next one's time is over.
        var watching = RoomTransition(acknowledged.room, at: .after(seconds: 2), identity: World.identity)
        watching.tick(
            under: try scene.world.list(scene.world.bundle(2, previous: scene.list, expiring: [called.id: ends])))
        guard case .page(_, let due) = watching.changes.last else {
            Issue.record("the page is not kept")
            return
        }
        #expect(due == Elapsed(milliseconds: ends.milliseconds - World.start.milliseconds))
    }

    // MARK: Scope

    @Test("no change reads more of a room than it needs") func scopes() throws {
        let world = try World()
        let (author, other) = (world.people[0], world.people[1])
        #expect(RoomScope.post(Posts.message(1), by: author.id) == RoomScope(named: [author.id], parent: 1))
        #expect(
            RoomScope.post(Posts.commit(1, adds: [other], removes: [world.people[2]]), by: author.id)
                == RoomScope(named: [author.id, other.id], members: true, page: true, parent: 1, commits: true))
        #expect(RoomScope.timers.named.isEmpty && RoomScope.timers.page)
    }
}
