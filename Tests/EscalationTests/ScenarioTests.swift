import Terms
import Testing

@testable import Escalation

/// How a page's steps go, one scene each: what the models found and the rules forbid, as people would tell it.
@Suite struct ScenarioTests {
    private let twoSteps: [(delay: UInt32, need: UInt16, persons: [[DeviceID]])] = [
        (0, 1, [[x, x2]]), (300, 1, [[y]]),
    ]

    @Test("[R11] an acknowledgement stops the timers, and nothing of the page ends by it")
    func acknowledged() {
        var scene = Scene(.of(twoSteps))
        #expect(scene.released == [0])
        scene.pass(minutes: 4)
        #expect(scene.say(x, .ack, "a") == nil)
        scene.pass(minutes: 600)
        #expect(scene.page.isAcknowledged && scene.released == [0] && scene.ended == nil)
    }

    @Test("[R11] a step not acknowledged in time releases the next, to the second")
    func nextStep() {
        var scene = Scene(.of(twoSteps))
        scene.pass(seconds: 299)
        #expect(scene.released == [0])
        scene.pass(seconds: 1)
        #expect(scene.released == [0, 1] && scene.isCalled(y))
    }

    @Test("[R11] NeverLater: what is taken back leaves the next step due when it would have been without it")
    func takenBack() {
        var scene = Scene(.of(twoSteps))
        scene.pass(minutes: 1)
        scene.say(x, .ack, "a")
        scene.pass(minutes: 1)
        #expect(scene.say(x2, .unack([digest("a")]), "u") == nil)
        scene.pass(seconds: 179)
        #expect(!scene.isCalled(y))
        scene.pass(seconds: 1)
        #expect(scene.isCalled(y))
    }

    @Test("[R11] a step that is overdue when an acknowledgement is taken back is released at once")
    func takenBackLate() {
        var scene = Scene(.of(twoSteps))
        scene.say(x, .ack, "a")
        scene.pass(minutes: 50)
        scene.say(x, .unack([digest("a")]), "u")
        #expect(scene.isCalled(y))
    }

    @Test("[R11] an `unack` voids by digest, anybody's; what voids nothing moves nothing; copies count once")
    func digests() {
        var scene = Scene(.of([(0, 2, [[x], [y]]), (300, 1, [[z]])]))
        scene.say(x, .ack, "a")
        scene.say(y, .ack, "b")
        let before = scene.page.state
        #expect(scene.say(x, .unack([digest("nothing")]), "u1") == .voidsNothing)
        #expect(scene.page.state == before)
        #expect(scene.say(y, .unack([digest("a")]), "u2") == nil)
        #expect(!scene.holds(x) && scene.holds(y))
        // Somebody posts the voided one again: the same bytes, so the same digest.
        #expect(scene.say(x, .ack, "a") == .countedBefore)
        #expect(!scene.holds(x))
        #expect(scene.say(y, .unack([digest("a")]), "u3") == .voidsNothing)
        #expect(scene.say(x, .ack, "a2") == nil && scene.holds(x))
    }

    @Test("[R11] a copied `escalate`, `reopen` or sensor's word counts once, whoever posts it")
    func copies() {
        var scene = Scene(.of([(0, 1, [[x]]), (300, 1, [[y]]), (300, 1, [[z]])]))
        #expect(scene.say(x, .escalate, "e") == nil && scene.isCalled(y))
        #expect(scene.say(x, .escalate, "e") == .countedBefore && !scene.isCalled(z))
        scene.say(y, .ack, "a")
        #expect(scene.say(siem, .resolved, "s") == nil && scene.ended == .sensor)
        #expect(scene.say(siem, .fired, "f") == nil && scene.ended == nil)
        #expect(scene.say(siem, .resolved, "s") == .countedBefore && scene.ended == nil)
        #expect(scene.say(x, .resolved, "r1") == nil && scene.ended == .resolved)
        #expect(scene.say(x, .reopen, "o") == nil && scene.ended == nil)
        #expect(scene.say(y, .resolved, "r2") == nil && scene.ended == .resolved)
        #expect(scene.say(x, .reopen, "o") == .countedBefore && scene.ended == .resolved)
    }

    @Test("[R11] SomebodyHolds: the acknowledgements of a revoked or expired device are void, and the steps go on")
    func revoked() {
        var scene = Scene(.of(twoSteps))
        scene.say(x, .ack, "a")
        scene.pass(minutes: 10)
        scene.post(.out(x))
        #expect(scene.timers.contains(.void([digest("a")])) && scene.isCalled(y) && !scene.page.isAcknowledged)
        #expect(scene.say(x, .ack, "b") == .deviceIsOut)
        // That person's other device is as good as ever.
        #expect(scene.say(x2, .ack, "c") == nil && scene.page.isAcknowledged)
    }

    @Test("[R13] NobodyLeftOut: a step skipped for want of anybody is released as soon as somebody is on call for it")
    func shiftsLater() {
        let shifts = [Shift(from: 0, until: 60, persons: [[y]]), Shift(from: 3600, persons: [[z]])]
        var scene = Scene(
            Plan(
                room: here, steps: [Step(delay: 0, need: 1, persons: [[x]]), Step(delay: 120, need: 1, shifts: shifts)])
        )
        scene.pass(minutes: 2)
        #expect(scene.timers.last == .skipped(step: 1) && scene.page.state.called.count == 1)
        scene.pass(seconds: 3600 - 121)
        #expect(!scene.isCalled(z))
        scene.pass(seconds: 1)
        #expect(scene.isCalled(z) && !scene.isCalled(y))
    }

    @Test("[R13] NobodyLeftOut: one who escalates just before a shift begins leaves nobody out")
    func escalatedBeforeShift() {
        let late = Step(delay: 120, need: 1, shifts: [Shift(from: 60, persons: [[y]])])
        var scene = Scene(Plan(room: here, steps: [Step(delay: 0, need: 1, persons: [[x]]), late]))
        scene.say(x, .escalate, "e")
        #expect(scene.timers.last == .skipped(step: 1))
        scene.pass(minutes: 1)
        #expect(scene.isCalled(y))
    }

    @Test("[R13] a step that calls nobody is skipped at once, and the one behind it waits for nobody's answer")
    func emptySteps() {
        let scene = Scene(.of([(0, 1, []), (300, 1, [[x]]), (300, 1, [[y]])]))
        #expect(scene.released == [1] && !scene.isCalled(y))
    }

    @Test("[R18] NeverLate: a restart with a wall clock behind the last tick makes due what waits")
    func clockBehind() {
        var scene = Scene(.of(twoSteps))
        scene.pass(minutes: 1)
        scene.pass(monotonic: nil, wall: -3_600_000)
        #expect(scene.isCalled(y))
        #expect(scene.readings.least == Elapsed(seconds: 60))
    }

    @Test("[R18] a pause and a wall clock that jumps ahead release early, and destroy nothing")
    func clockAhead() {
        var scene = Scene(.of(twoSteps, horizon: 3600))
        scene.pass(monotonic: 0, wall: 86_400_000)
        #expect(scene.isCalled(y) && scene.ended == nil)
        scene.say(y, .resolved, "r")
        #expect(scene.ended == .resolved)
        scene.pass(monotonic: 0, wall: 86_400_000)
        #expect(!scene.page.state.isGone)
    }

    @Test("[R11] page again: what was acknowledged and did not end in time counts no more, from the first one on")
    func pageAgain() {
        var scene = Scene(.of([(0, 0, [[x], [y]]), (60, 1, [[z]])], pageAgain: 600))
        scene.say(x, .ack, "a")
        scene.say(y, .ack, "b")
        scene.pass(minutes: 9)
        scene.say(y, .ack, "c")
        #expect(scene.page.isAcknowledged)
        scene.pass(minutes: 1)
        #expect(scene.timers.last == .again && !scene.page.isAcknowledged && scene.page.state.standing.isEmpty)
        // The next step has its whole delay.
        scene.pass(seconds: 59)
        #expect(!scene.isCalled(z))
        scene.pass(seconds: 1)
        #expect(scene.isCalled(z))
        // It is over for those who said so before.
        scene.say(z, .resolved, "d")
        #expect(scene.ended == .resolved)
    }

    @Test("[R11] repeat rings who was called until the horizon, and only while nobody has it")
    func repeats() {
        var scene = Scene(.of([(0, 1, [[x]])], repeat: 120))
        scene.pass(minutes: 1)
        #expect(scene.page.state.rings == 1)
        scene.pass(minutes: 1)
        #expect(scene.timers.last == .rang && scene.page.state.rings == 2)
        #expect(scene.page.rung(by: .rang) == scene.page.plan.person(of: x).map { [$0] })
        scene.say(x, .ack, "a")
        scene.pass(minutes: 60)
        #expect(scene.page.state.rings == 2)
    }

    @Test("[R11] need: 0 is all who were called; more than are there is never reached, and the next step comes")
    func needs() {
        var all = Scene(.of([(0, 0, [[x], [y]]), (60, 1, [[z]])]))
        all.say(x, .ack, "a")
        #expect(!all.page.isAcknowledged)
        all.say(y, .ack, "b")
        #expect(all.page.isAcknowledged)
        var tooMany = Scene(.of([(0, 3, [[x], [y]]), (60, 1, [[z]])]))
        tooMany.say(x, .ack, "a")
        tooMany.say(y, .ack, "b")
        #expect(!tooMany.page.isAcknowledged)
        tooMany.pass(minutes: 1)
        #expect(tooMany.isCalled(z))
    }

    @Test("[R11] two devices of one person are one voice, also where a step lists just one of them")
    func onePerson() {
        var scene = Scene(.of([(0, 2, [[x], [y]]), (60, 1, [[x, x2]])]))
        scene.say(x, .ack, "a")
        scene.say(x2, .ack, "b")
        #expect(scene.page.plan.persons.count == 2 && !scene.page.isAcknowledged)
    }

    @Test("[R11] a statement counts only in the room it names, from a person's device that was called")
    func refused() {
        var scene = Scene(.of(twoSteps))
        let before = scene.page.state
        #expect(scene.say(x, .ack, "a", in: room(0xbb)) == .anotherRoom)
        #expect(scene.say(y, .ack, "b") == .notCalled)
        #expect(scene.say(z, .ack, "c") == .notCalled)
        #expect(scene.say(siem, .ack, "d") == .personsWord)
        #expect(scene.say(siem, .escalate, "e") == .personsWord)
        #expect(scene.say(x, .fired, "f") == .sensorsWord)
        #expect(scene.page.state == before)
    }

    @Test("[R11] a timer's entry that names what the plan does not have moves nothing")
    func strangeEntries() {
        var scene = Scene(.of(twoSteps))
        let before = scene.page.state
        #expect(scene.post(.timer(.released(step: 7, persons: [PersonHandle(index: 0)]))) == .notOfThePlan)
        #expect(scene.post(.timer(.released(step: -1, persons: [PersonHandle(index: 0)]))) == .notOfThePlan)
        #expect(scene.post(.timer(.released(step: 1, persons: [PersonHandle(index: 9)]))) == .notOfThePlan)
        #expect(scene.post(.timer(.released(step: 1, persons: []))) == .notOfThePlan)
        #expect(scene.post(.timer(.skipped(step: 2))) == .notOfThePlan)
        #expect(scene.page.state == before)
    }
}
