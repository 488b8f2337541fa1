import Foundation
import Terms
import TestTeam

@testable import Escalation

/// The reference model, in Python: a process that is told runs, one a line, and answers a line for each.
enum Model {
    /// Replays each run and prints what the page is after each event, in words that ``ModelView`` has too.
    private static let driver = """
        import json, sys
        sys.path.insert(0, sys.argv[1])
        import escalation as m
        rules = m.AMENDED

        def text(plan, s, clock, refused, log):
            v = m.view(plan, rules, s, clock)
            steps = ";".join(f"{x['state']} {x['at']} {'+'.join(x['persons'])}" for x in v["steps"])
            wrote = []
            for e in log:
                more = [str(e.get("step", "")), "+".join(e.get("persons", ())), e.get("how", ""),
                        "+".join(e.get("acks", ()))]
                wrote.append(" ".join([e["timer"]] + [x for x in more if x]))
            return "|".join(str(x) for x in [
                refused, v["shown"], "+".join(v["acknowledged_by"]), "+".join(v["agreed"]),
                "+".join(f"{p}@{t}" for p, t in sorted(v["called"].items())), steps, v["next_step"], v["next_step_due"],
                v["rings"], v["kept"], "+".join(v["void_acks"]), v["most"], v["least"], m.soonest(plan, s),
                "+".join(s.read), s.push, s.over, s.alone, s.first_ack, s.ack_since, s.base, s.last_ring,
                ", ".join(wrote)])

        for line in sys.stdin:
            run = json.loads(line)
            plan, clock, log = m.plan_from(run["plan"]), m.Clock(), []
            s = m.settle(plan, rules, m.start(plan), 0, 0, log)
            out = [text(plan, s, clock, None, log)]
            for e in run["events"]:
                answer, log = None, []
                if "pass" in e:
                    p = e["pass"]
                    clock = clock.passes(rules, 0, p["mono"], p["wall"], m.soonest(plan, s))
                    s = m.settle(plan, rules, s, clock.most, clock.least, log)
                else:
                    answer = m.refusal(plan, rules, s, e) if "statement" in e else None
                    s = m.post(plan, rules, s, e, clock.most, clock.least, log)
                    log = log[1:]
                out.append(text(plan, s, clock, answer, log))
            print(json.dumps(out))
        """

    /// - Returns: for each run what the model shows when the page is made, and after each event.
    static func replay(_ runs: [[String: Any]], in folder: String) async throws -> [[String]] {
        try await ReferenceModel.replay(runs, by: driver, in: folder)
    }
}

/// A run as the model is told it, and what this module says of it in the model's words. The model's times have no unit:
/// they are milliseconds here.
struct ModelRun {
    private(set) var random: RandomPage
    private(set) var events: [[String: Any]] = []
    private(set) var texts: [String] = []
    /// Digests by the names that the model knows them by.
    private var names: [StatementDigest: String] = [:]

    init(seed: UInt64, length: Int) {
        random = RandomPage(seed: seed)
        let begun = Outcome(refusal: nil, entries: random.begin())
        texts.append(text(begun))
        while events.count < length {
            let event = random.event()
            guard let told = tell(event) else { continue }
            events.append(told)
            let outcome = random.take(event)
            texts.append(text(outcome))
        }
    }

    var told: [String: Any] { ["plan": plan, "events": events] }

    // MARK: To the model

    private func name(_ person: PersonHandle) -> String { "p\(person.index)" }
    private func name(_ digest: StatementDigest) -> String { names[digest] ?? "unknown" }

    private var plan: [String: Any] {
        let plan = random.page.plan
        func milliseconds(_ seconds: UInt32) -> Int { Int(seconds) * 1000 }
        let steps = plan.steps.map { step -> [String: Any] in
            let shifts = step.shifts.map { shift -> [String: Any] in
                let persons = shift.persons.compactMap { $0.first.flatMap { plan.person(of: $0) } }
                var told: [String: Any] = ["from": Int(shift.from) * 1000, "persons": persons.map(name)]
                if let until = shift.until { told["until"] = Int(until) * 1000 }
                return told
            }
            return ["delay": milliseconds(step.delay), "need": Int(step.need), "shifts": shifts]
        }
        var devices: [String: [String]] = [:]
        for (index, own) in plan.persons.enumerated() { devices["p\(index)"] = own.map(\.description) }
        return [
            "steps": steps, "devices": devices, "close": Int(plan.close), "repeat": milliseconds(plan.repeat),
            "page_again": milliseconds(plan.pageAgain), "watch": milliseconds(plan.watch),
            "flap": milliseconds(plan.flap), "keep": milliseconds(plan.keep), "horizon": milliseconds(plan.horizon),
            "sensor": siem.description, "room": plan.room.description,
        ]
    }

    /// Nil for a copy of what the model does not know by a name, so that it would count each copy.
    private mutating func tell(_ event: RandomPage.Event) -> [String: Any]? {
        switch event {
        case .pass(let monotonic, let wall):
            return ["pass": ["mono": monotonic.map { Int($0) as Any } ?? NSNull(), "wall": Int(wall)] as [String: Any]]
        case .post(.out(let device)): return ["out": device.description]
        case .post(.timer), .post(.unreached): return nil
        case .post(.statement(let statement)):
            var told: [String: Any] = ["device": statement.device.description, "room": statement.room.description]
            switch statement.kind {
            case .ack: told["statement"] = "ack"
            case .resolved: told["statement"] = "resolved"
            case .unack(let digests):
                told["statement"] = "unack"
                told["acks"] = digests.map(name)
            case .reopen: told["statement"] = "reopen"
            case .escalate: told["statement"] = "escalate"
            case .read: told["statement"] = "read"
            case .fired: told["statement"] = "fired"
            }
            switch statement.kind {
            case .ack,
                .resolved where statement.device != siem, .unack, .read:
                break
            default: if names[statement.digest] != nil { return nil }
            }
            names[statement.digest] = names[statement.digest] ?? "a\(names.count)"
            told["id"] = names[statement.digest]
            return told
        }
    }

    // MARK: In the model's words

    private func text(_ outcome: Outcome) -> String {
        let (page, readings) = (random.page, random.readings)
        let state = page.state
        let steps = state.steps.map { step in
            switch step {
            case .waits: "waits None "
            case .released(let at, let persons): "released \(at.milliseconds) \(join(persons))"
            case .skipped(let at): "skipped \(at.milliseconds) "
            }
        }
        let shown: String =
            if let how = state.ended?.how { "ended: \(how)" } else if page.isAcknowledged { "acknowledged" } else {
                "waits"
            }
        let fields: [String] = [
            outcome.refusal.map(reason) ?? "None", shown, join(state.standing.sorted()), join(state.agreed.sorted()),
            state.called.map { "\(name($0.person))@\($0.at.milliseconds)" }.joined(separator: "+"),
            steps.joined(separator: ";"), number(state.nextStep), number(page.nextStepDue), String(state.rings),
            bool(!state.isGone), state.acknowledgements.filter(\.isVoid).map { name($0.digest) }.joined(separator: "+"),
            number(readings.most), number(readings.least), number(page.waiting), join(state.read), bool(state.push),
            bool(state.over), bool(state.alone), number(state.firstAck), number(state.ackSince), number(state.base),
            number(state.lastRing), outcome.entries.map(text).joined(separator: ", "),
        ]
        return fields.joined(separator: "|")
    }

    private func join(_ persons: [PersonHandle]) -> String { persons.map(name).joined(separator: "+") }
    private func number(_ value: Int?) -> String { value.map(String.init) ?? "None" }
    private func number(_ value: Elapsed?) -> String { value.map { String($0.milliseconds) } ?? "None" }
    private func bool(_ value: Bool) -> String { value ? "True" : "False" }

    private func text(_ entry: TimerEntry) -> String {
        switch entry {
        case .released(let step, let persons): "released \(step) \(join(persons))"
        case .skipped(let step): "skipped \(step)"
        case .rang: "rang"
        case .again: "again"
        case .alone: "alone"
        case .void(let digests): "void \(digests.map(name).joined(separator: "+"))"
        case .ended(let how): "ended \(how)"
        case .gone: "gone"
        }
    }

    private func reason(_ refusal: Refusal) -> String {
        switch refusal {
        case .anotherRoom: "names another room"
        case .deviceIsOut: "its device is not listed or not in time"
        case .personsWord: "is a person's word"
        case .notCalled: "its device is not released"
        case .sensorsWord: "is a sensor's word"
        case .gone: "the page is gone"
        case .nothingToReopen: "there is nothing to reopen"
        case .ended: "the page has ended"
        case .countedBefore: "was counted before"
        case .voidsNothing: "voids nothing"
        case .notOfThePlan: "of no plan"
        }
    }
}
