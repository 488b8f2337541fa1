import CallList
import Escalation
import RelayAPI
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
                at: World.start
            ).transition
        }

        /// The next change of the same room, so many seconds after the start.
        func next(at seconds: UInt64 = 0) -> RoomTransition {
            RoomTransition(room, at: World.start.adding(seconds: seconds))
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
        #expect(scene.room.log.seq == 2 && scene.room.log.commit == 1)
        let called = scene.transition.changes.compactMap { if case .call(let devices) = $0 { devices } else { nil } }
        #expect(called == [[first]])
        guard case .page(_, let due) = scene.transition.changes.last else {
            Issue.record("the page is not kept")
            return
        }
        #expect(due == World.start.adding(seconds: 60))
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
                    lists: CallListsAtHand(newest: list), limits: RelayLimits(), at: World.start)
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
            (Posts.message(2), stranger, .notMember), (Posts.message(3), called, .baseSequenceInvalid),
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
            (EntryPost(event: .random(), entryClass: .release, baseSeq: 2, payload: []), called, .malformedRequest),
            (EntryPost(event: .random(), entryClass: .commit, baseSeq: 2, payload: [1]), called, .malformedRequest),
            (statement, called, nil), (statement, sensor, .statementRefused),
            (try Posts.statement(.ack, in: room, by: called, signedBy: staged), called, .statementRefused),
            (
                try Posts.statement(.ack, in: room, by: called, about: (.random(), .random())), called,
                .statementRefused
            ),
            (Posts.message(2, closes: true), called, nil), (Posts.message(2, closes: true), sensor, nil),
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

    @Test func whatAClosedRoomTakes() throws {
        let scene = try Scene()
        var closing = scene.next()
        _ = try closing.post(
            Posts.message(2, closes: true), by: scene.world.people[0].device,
            lists: CallListsAtHand(newest: scene.list), limits: RelayLimits())
        #expect(closing.destroys && closing.room.isClosed && closing.room.page == nil && closing.room.withheld.isEmpty)
        #expect(closing.notices.last == .timers)
        var after = RoomTransition(closing.room, at: World.start)
        let late = refusal {
            _ = try after.post(
                Posts.message(2), by: scene.world.people[0].device, lists: CallListsAtHand(newest: scene.list),
                limits: RelayLimits())
        }
        #expect(late == .roomClosed)
        #expect(refusal { try after.escalate(by: scene.world.people[0].device) } == .roomClosed)
        // Closing what is closed changes nothing.
        try after.close(by: scene.world.people[0].device)
        #expect(after.changes.isEmpty && after.notices.isEmpty)
    }

    @Test func aRoomsTimeNeverRunsBackwards() throws {
        let scene = try Scene()
        var later = scene.next(at: 10)
        later.append(.message, payload: [1], poster: scene.world.people[0].id)
        var earlier = RoomTransition(later.room, at: World.start)
        #expect(earlier.append(.message, payload: [2], poster: .relay).time == World.start.adding(seconds: 10))
        #expect(earlier.room.log.seq == 4)
    }

    // MARK: Timers

    @Test func theNextStepIsReleasedWhenItIsDue() throws {
        let scene = try Scene()
        var early = scene.next(at: 59)
        early.tick()
        #expect(early.room.releasedSteps == 1 && early.notices.isEmpty)
        var due = scene.next(at: 60)
        due.tick()
        let second = scene.world.people[1].id
        #expect(due.room.releasedSteps == 2 && due.room.withheld.isEmpty && due.room.audience.last == second)
        guard case .entry(_, let entry, let audience) = due.notices.first else {
            Issue.record("nobody is told")
            return
        }
        #expect(entry.entryClass == .release && audience.contains(second))
        #expect(try StepRelease(decoding: entry.payload) == StepRelease(step: 2, manual: false))
        #expect(due.notices.contains(.heads(to: [second])))
        // At its horizon it ends, and so with what was withheld.
        var end = scene.next(at: 3_600)
        end.tick()
        #expect(end.destroys)
    }

    @Test func anAcknowledgementHoldsTheNextStepBack() throws {
        let scene = try Scene()
        let called = scene.world.people[0]
        var acknowledged = scene.next(at: 1)
        _ = try acknowledged.post(
            try Posts.statement(.ack, in: scene.room.room, by: called), by: called.device,
            lists: CallListsAtHand(newest: scene.list),
            limits: RelayLimits())
        var later = RoomTransition(acknowledged.room, at: World.start.adding(seconds: 600))
        later.tick()
        #expect(later.room.releasedSteps == 1)
        try later.escalate(by: called.device)
        #expect(later.room.releasedSteps == 2)
        #expect(refusal { try later.escalate(by: called.device) } == .stepNotAvailable)
        #expect(refusal { try later.escalate(by: scene.world.sensors[0].device) } == .statementRefused)
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
