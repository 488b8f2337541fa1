import Terms
import TestTeam
import Testing
import WireFormat

@testable import Escalation

/// Called devices that cannot open their Welcome [R14]: what that moves, and what not.
@Suite struct UnreachedTests {
    private func scene(first persons: [[DeviceID]]) -> Scene {
        let steps: [(delay: UInt32, need: UInt16, persons: [[DeviceID]])] = [
            (0, 1, persons), (300, 1, [[z]]), (300, 1, [[device(0x41)]]),
        ]
        return Scene(.of(steps))
    }

    @Test(
        "[R14] A step of which nobody was reached is waited for no longer, and the step behind it has its whole delay")
    func nobody() {
        var scene = scene(first: [[x]])
        #expect(scene.released == [0])
        #expect(scene.post(.unreached(x)) == nil)
        #expect(scene.released == [0, 1])
        scene.pass(seconds: 299)
        #expect(scene.released == [0, 1])
        scene.pass(seconds: 1)
        #expect(scene.released == [0, 1, 2])
        #expect(scene.reader == scene.page)
    }

    @Test(
        "[R14] While anybody was reached, by any of their devices, a step keeps its time",
        arguments: [[[x, x2]], [[x], [y]]])
    func somebody(_ persons: [[DeviceID]]) {
        var scene = scene(first: persons)
        scene.post(.unreached(x))
        #expect(scene.released == [0])
        // The others' devices fail too, or are off the list.
        scene.post(persons.count == 2 ? .unreached(y) : .out(x2))
        #expect(scene.released == [0, 1])
    }

    @Test("[R14] Whose only devices are off the list were reached: they are waited for as before")
    func revoked() {
        var scene = scene(first: [[x]])
        scene.post(.out(x))
        #expect(scene.released == [0])
    }

    @Test("[R14] It counts once, of called devices only; where the page is acknowledged it calls nobody")
    func counts() {
        var scene = scene(first: [[x], [y]])
        #expect(scene.post(.unreached(z)) == .notCalled)
        #expect(scene.post(.unreached(device(0x71))) == .notCalled)
        scene.say(y, .ack, "mine")
        #expect(scene.post(.unreached(x)) == nil)
        #expect(scene.post(.unreached(x)) == .countedBefore)
        #expect(scene.post(.unreached(y)) == nil)
        #expect(scene.released == [0] && scene.holds(y))
        // Who said so falsely still counts by what they sign, and "all" still means them.
        #expect(scene.say(x, .ack, "too") == nil)
        #expect(scene.holds(x))
    }

    @Test("[R11] NeverLater: that one says they were not reached never makes a step later than saying nothing")
    func neverLater() {
        var noise = SplitMix64(seed: 0x7265_6163)
        for seed in 0..<300 as Range<UInt64> {
            let plan = RandomPage(seed: seed).page.plan
            let script = (0..<12).map { _ in (kind: noise.below(3), said: noise.next()) }
            func play(unreached slot: Int?) -> Page {
                var scene = Scene(plan)
                for (number, event) in script.enumerated() {
                    scene.pass(seconds: 1)
                    if event.kind == 0 { scene.say(y, .ack, "y \(event.said)") }
                    if number == slot { scene.post(.unreached(x)) }
                }
                return scene.page
            }
            let without = play(unreached: nil)
            let with = play(unreached: noise.below(12))
            // Who can have answered by being called earlier may have held the page: only those before count.
            for call in without.state.called where !with.state.isAcknowledged(orEnded: without.state) {
                let same = with.state.called.first { $0.person == call.person }
                #expect(same.map { $0.at <= call.at } ?? false, "seed \(seed)")
            }
        }
    }
}

extension State {
    /// Whether somebody's word stops this page that could not be said in the other, since they were called there later.
    fileprivate func isAcknowledged(orEnded other: State) -> Bool {
        acknowledgements.count != other.acknowledgements.count || ended != nil
    }
}
