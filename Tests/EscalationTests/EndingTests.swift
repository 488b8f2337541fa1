import Terms
import Testing

@testable import Escalation

/// How a page ends, and how it must not [R12], one scene each.
@Suite struct EndingTests {
    private let twoSteps: [(delay: UInt32, need: UInt16, persons: [[DeviceID]])] = [
        (0, 1, [[x, x2]]), (300, 1, [[y]]),
    ]

    @Test("[R12] OneCannotEnd: a lone acknowledgement of a critical page pages again after 30 min, and its steps go on")
    func loneAcknowledgement() {
        var scene = Scene(.of(twoSteps, close: 2))
        scene.say(x, .ack, "a")
        scene.pass(minutes: 29)
        #expect(!scene.isCalled(y))
        scene.pass(minutes: 1)
        #expect(scene.timers.contains(.alone) && scene.isCalled(y) && !scene.page.isAcknowledged)
        // Once, and until a second person acknowledges.
        scene.say(x2, .ack, "b")
        scene.pass(minutes: 60)
        #expect(scene.timers.count { $0 == .alone } == 1 && !scene.page.isAcknowledged)
        scene.say(y, .ack, "c")
        #expect(scene.page.isAcknowledged)
    }

    @Test("[R12] OneCannotEnd: one person's `resolved` does not end what two must close; the second one's does")
    func loneResolved() {
        var scene = Scene(.of(twoSteps, close: 2))
        scene.say(x, .resolved, "a")
        scene.say(x2, .resolved, "b")
        #expect(scene.ended == nil)
        scene.pass(minutes: 30)
        #expect(scene.isCalled(y) && scene.ended == nil)
        scene.say(y, .resolved, "c")
        #expect(scene.ended == .resolved)
    }

    @Test("[R12] OneCannotEnd: a sensor ends what two have acknowledged, and waits for them")
    func sensorWaits() {
        var scene = Scene(.of(twoSteps, close: 2))
        scene.say(x, .ack, "a")
        scene.say(siem, .resolved, "s")
        scene.say(x, .read, "r")
        #expect(scene.ended == nil)
        scene.pass(minutes: 30)
        scene.say(y, .ack, "b")
        #expect(scene.ended == .sensor)
    }

    @Test("[R12] NeverLater: a `resolved` ends nothing that is not acknowledged")
    func resolvedNeedsAcknowledgement() {
        var scene = Scene(.of([(0, 2, [[x], [y]]), (60, 1, [[z]])]))
        scene.say(x, .resolved, "a")
        #expect(scene.ended == nil && !scene.page.isAcknowledged)
        scene.pass(minutes: 1)
        #expect(scene.isCalled(z))
        scene.say(y, .ack, "b")
        #expect(scene.ended == .resolved)
    }

    @Test(
        "[R12] an ended page is kept for an hour, in which any called person may reopen it; that voids every `resolved`"
    )
    func reopened() {
        var scene = Scene(.of([(0, 1, [[x], [y]]), (300, 1, [[z]])]))
        #expect(scene.say(y, .reopen, "o") == .nothingToReopen)
        scene.say(x, .resolved, "r")
        #expect(scene.ended == .resolved && scene.say(y, .ack, "a") == .ended)
        scene.pass(minutes: 59)
        #expect(scene.say(z, .reopen, "o") == .notCalled)
        #expect(scene.say(y, .reopen, "o") == nil)
        #expect(scene.ended == nil && scene.page.state.agreed.isEmpty && !scene.page.isAcknowledged)
        // What was due meanwhile is released.
        #expect(scene.isCalled(z))
    }

    @Test("[R12] after an hour by the least reading its Welcomes are destroyed, once, and there is nothing to reopen")
    func gone() {
        var scene = Scene(.of([(0, 1, [[x]])]))
        scene.say(x, .resolved, "r")
        scene.pass(monotonic: nil, wall: 7_200_000)
        #expect(!scene.page.state.isGone)
        scene.pass(minutes: 60)
        #expect(scene.timers.last == .gone && scene.page.state.isGone)
        #expect(scene.say(x, .reopen, "o") == .gone)
        scene.pass(minutes: 60)
        #expect(scene.timers.count { $0 == .gone } == 1 && scene.page.nextDue(after: scene.readings) == nil)
    }

    @Test("[R12] at its horizon a page that nobody has ends unseen, any other as it stood; neither can be reopened")
    func horizon() {
        var unseen = Scene(.of(twoSteps, horizon: 3600))
        unseen.say(x, .ack, "a")
        unseen.say(x, .unack([digest("a")]), "u")
        unseen.pass(minutes: 60)
        #expect(unseen.ended == .unseen && unseen.say(x, .reopen, "o") == .nothingToReopen)
        var seen = Scene(.of(twoSteps, horizon: 3600))
        seen.say(x, .ack, "a")
        seen.pass(minutes: 60)
        #expect(seen.ended == .horizon)
    }

    @Test("[R12] no plan's horizon is beyond 72 h, and nothing ends on nobody's word")
    func bounds() {
        let plan = Plan.of(twoSteps, close: 0, horizon: .max)
        #expect(plan.horizon == 72 * 3600 && plan.close == 1)
        var scene = Scene(plan)
        scene.say(siem, .resolved, "s")
        #expect(scene.ended == nil)
    }

    @Test("[R12] fired again within ten minutes it is the same page, as if it had not ended; later it is a new one")
    func flapping() {
        var scene = Scene(.of([(0, 1, [[x]]), (300, 1, [[y]])]))
        scene.say(x, .ack, "a")
        scene.say(siem, .resolved, "s1")
        #expect(scene.ended == .sensor)
        scene.pass(minutes: 10)
        scene.say(siem, .fired, "f1")
        #expect(scene.ended == nil && scene.page.isAcknowledged)
        scene.say(siem, .resolved, "s2")
        scene.pass(seconds: 601)
        scene.say(siem, .fired, "f2")
        #expect(scene.ended == .sensor)
    }

    @Test("[R12] what a person's `resolved` ended, no sensor opens again")
    func personEnded() {
        var scene = Scene(.of(twoSteps))
        scene.say(x, .resolved, "r")
        scene.say(siem, .fired, "f")
        #expect(scene.ended == .resolved)
    }
}
