import Terms
import TestTeam

@testable import Escalation

/// A page of random plan that goes through random events, everything allowed: what any suite may look at after each.
struct RandomPage {
    enum Event {
        /// What passed by each clock, in milliseconds; nil: it says nothing after a restart.
        case pass(monotonic: UInt64?, wall: Int64)
        case post(PageEntry)
    }

    private(set) var page: Page
    private(set) var readings = Readings.zero
    /// All that was posted and written, in order: what a reader folds.
    private(set) var log: [(entry: PageEntry, at: Readings)] = []
    private var noise: SplitMix64
    private var said: [PageStatement] = []
    private let devices: [DeviceID]

    /// Up to four persons with one or two devices, and a fifth whom no step calls.
    static let people: [[DeviceID]] = [[x, x2], [y], [z], [device(0x41), device(0x42)], [device(0x61)]]

    init(seed: UInt64, closes: [UInt16] = [1, 1, 2, 2, 3], shifts: Bool = true, horizon: [UInt32] = [20, 40, 90]) {
        var noise = SplitMix64(seed: seed)
        let plan = Self.plan(&noise, closes: closes, shifts: shifts, horizon: noise.one(of: horizon))
        page = Page(plan)
        devices = Self.people.flatMap { $0 } + [siem, siem]
        self.noise = noise
    }

    private static func plan(_ noise: inout SplitMix64, closes: [UInt16], shifts: Bool, horizon: UInt32) -> Plan {
        func persons() -> [[DeviceID]] {
            people.dropLast().filter { _ in noise.chance(40) }
        }
        let steps = (0...noise.below(4)).map { _ in
            var all: [Shift] = noise.chance(80) ? [Shift(persons: persons())] : []
            if shifts, noise.chance(40) {
                all = (0...noise.below(3)).map { _ in
                    let from = UInt64(noise.below(12))
                    return Shift(
                        from: from, until: noise.chance(50) ? from + UInt64(noise.below(8)) : nil, persons: persons())
                }
            }
            return Step(delay: UInt32(noise.below(6)), need: UInt16(noise.one(of: [0, 1, 1, 1, 2, 2, 3])), shifts: all)
        }
        return Plan(
            room: here, steps: steps, sensor: siem, close: noise.one(of: closes),
            repeat: noise.one(of: [0, 0, 2, 4, 7]), pageAgain: noise.one(of: [0, 0, 3, 5, 11]),
            watch: noise.one(of: [2, 5]), flap: noise.one(of: [1, 3]), keep: noise.one(of: [2, 6]), horizon: horizon)
    }

    /// What happens next, which depends on what has happened.
    mutating func event() -> Event {
        if noise.chance(45) { return pass() }
        if noise.chance(4) { return .post(.out(noise.one(of: devices))) }
        // Anybody may post again what anybody has said.
        if noise.chance(8), let copy = said.randomElement(using: &noise) { return .post(.statement(copy)) }
        let device = noise.one(of: devices)
        let statement = PageStatement(
            kind(of: device), digest: digest("\(said.count)"), device: device, room: noise.chance(3) ? room(0xbb) : here
        )
        return .post(.statement(statement))
    }

    private mutating func kind(of device: DeviceID) -> PageStatement.Kind {
        if device == siem, noise.chance(85) { return noise.chance(50) ? .resolved : .fired }
        switch noise.below(14) {
        case 0..<5: return .ack
        case 5, 6: return .resolved
        case 7, 8:
            var named = page.state.acknowledgements.map(\.digest).filter { _ in noise.chance(50) }
            if noise.chance(15) { named.append(digest("of nothing")) }
            return .unack(named)
        case 9, 10: return .escalate
        case 11: return .reopen
        case 12: return .read
        default: return noise.chance(20) ? .fired : .reopen
        }
    }

    private mutating func pass() -> Event {
        let time = noise.one(of: [1, 999, 1000, 1000, 1001, 2000, 3000, 7000] as [UInt64])
        let odd = noise.one(of: [-1_000_000, -4000, -1, 0, 500, 4000, 9000] as [Int64])
        return switch noise.below(10) {
        case 0: .pass(monotonic: nil, wall: odd)
        case 1: .pass(monotonic: 0, wall: Int64(time))
        case 2: .pass(monotonic: time, wall: odd)
        default: .pass(monotonic: time, wall: Int64(time))
        }
    }

    /// Lets the timers write what is due when the page is made.
    mutating func begin() -> [TimerEntry] { note(page.tick(at: readings)) }

    /// What the relay makes of an event.
    mutating func take(_ event: Event) -> Outcome {
        switch event {
        case .pass(let monotonic, let wall):
            readings = readings.passing(monotonic: monotonic, wall: wall, waiting: page.waiting)
            return Outcome(refusal: nil, entries: note(page.tick(at: readings)))
        case .post(let entry):
            if case .statement(let statement) = entry { said.append(statement) }
            log.append((entry, readings))
            let outcome = page.apply(entry, at: readings)
            return Outcome(refusal: outcome.refusal, entries: note(outcome.entries))
        }
    }

    private mutating func note(_ entries: [TimerEntry]) -> [TimerEntry] {
        log += entries.map { (.timer($0), readings) }
        return entries
    }
}
