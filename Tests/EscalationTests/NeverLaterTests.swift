import Terms
import TestTeam
import Testing

@testable import Escalation

/// No statement of a called person makes a step later than acknowledgements alone would, unless it ends the page [R11].
@Suite struct NeverLaterTests {
    private static let slots = 6
    /// One of the others says something, once.
    private struct Script {
        let slot: Int
        let device: DeviceID
        let kind: String
    }

    private static let always: [Plan] = [
        .of([(0, 1, [[x]]), (2, 1, [[y]])], close: 2, watch: 2, horizon: 6),
        .of([(0, 1, [[x]]), (1, 1, [[y]]), (1, 1, [[z]])], close: 2, repeat: 3, watch: 2, horizon: 6),
        .of([(0, 2, [[x], [y]]), (2, 1, [[z]])], horizon: 6),
        .of([(0, 0, [[x], [y]]), (1, 1, [[z]])], pageAgain: 3, horizon: 6),
        .of([(0, 1, [[x]]), (1, 1, [[z]])], pageAgain: 2, horizon: 6),
        .of([(0, 1, []), (2, 1, [[x]]), (2, 1, [[y]])], repeat: 2, horizon: 6),
        .of([(0, 1, [[x], [y]]), (1, 2, [[y], [z]]), (2, 1, [[z]])], pageAgain: 2, horizon: 6),
    ]

    /// When each device's person is first called; ``slots`` where they are not.
    private func calls(_ page: Page) -> [UInt64] {
        [y, z].map { device in
            let person = page.plan.person(of: device)
            let call = page.state.called.first { $0.person == person }
            return call.map { $0.at.milliseconds / 1000 } ?? UInt64(Self.slots)
        }
    }

    private func play(_ plan: Plan, _ script: Script?, adversary: (Int, inout Scene) -> Void) -> Scene {
        var scene = Scene(plan)
        for slot in 0..<Self.slots {
            if slot > 0 { scene.pass(seconds: 1) }
            if let script, script.slot == slot {
                let standing = scene.page.state.acknowledgements.filter { !$0.isVoid }.map(\.digest)
                let kinds: [String: PageStatement.Kind] = [
                    "ack": .ack, "resolved": .resolved, "unack": .unack(standing), "escalate": .escalate,
                    "fired": .fired,
                ]
                if let kind = kinds[script.kind] { scene.say(script.device, kind, "other") }
            }
            adversary(slot, &scene)
        }
        return scene
    }

    @Test(
        "[R11] NeverLater: against all that acknowledgements alone could do, whatever one person says",
        arguments: always)
    func neverLater(_ plan: Plan) {
        var scripts: [Script?] = [nil]
        for slot in 0..<Self.slots {
            for device in [y, z] {
                scripts += ["ack", "resolved", "unack", "escalate"].map { Script(slot: slot, device: device, kind: $0) }
            }
            scripts += ["resolved", "fired"].map { Script(slot: slot, device: siem, kind: $0) }
        }
        var noise = SplitMix64(seed: 0x6e65_7665)
        var compared = 0
        for script in scripts {
            var bound: [UInt64] = [0, 0]
            for set in 0..<1 << Self.slots {
                let scene = play(plan, script) { slot, scene in
                    if set >> slot & 1 == 1 { scene.say(x, .ack, "ack \(slot)") }
                }
                bound = zip(bound, calls(scene.page)).map(max)
            }
            for _ in 0..<40 {
                let scene = play(plan, script) { slot, scene in
                    while noise.chance(35) { Self.misbehave(&scene, &noise, slot: slot) }
                }
                // What ended the page is no delay, even where it was reopened.
                if scene.timers.contains(.ended(.resolved)) { continue }
                compared += 1
                let called = calls(scene.page)
                #expect(
                    zip(called, bound).allSatisfy { $0 <= $1 },
                    "others \(String(describing: script)), called at \(called), by acknowledgements alone \(bound)")
            }
        }
        #expect(compared > 1000)
    }

    private static func misbehave(_ scene: inout Scene, _ noise: inout SplitMix64, slot: Int) {
        let name = "x \(slot) \(noise.next())"
        let all = scene.page.state.acknowledgements
        switch noise.below(9) {
        case 0, 1: scene.say(x, .ack, name)
        case 2: scene.say(x, .resolved, name)
        case 3, 4: scene.say(x, .unack(all.map(\.digest).filter { _ in noise.chance(60) }), name)
        case 5: scene.say(x, .escalate, name)
        case 6: scene.say(x, .reopen, name)
        case 7: scene.say(x, .ack, name, in: room(0xbb))
        default:
            // Somebody's acknowledgement, posted once more.
            guard let copy = all.randomElement(using: &noise) else { return }
            scene.post(
                .statement(
                    PageStatement(copy.closes ? .resolved : .ack, digest: copy.digest, device: copy.device, room: here))
            )
        }
    }
}
