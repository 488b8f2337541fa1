import Terms
import Testing

@testable import Escalation

/// A device, a room and a digest by a number: what a test can write down.
func device(_ number: UInt8) -> DeviceID {
    guard let id = DeviceID([UInt8](repeating: number, count: DeviceID.length)) else { fatalError("16 bytes") }
    return id
}

func room(_ number: UInt8) -> RoomID {
    guard let id = RoomID([UInt8](repeating: number, count: RoomID.length)) else { fatalError("16 bytes") }
    return id
}

func digest(_ name: String) -> StatementDigest { StatementDigest(of: Array(name.utf8)) }

let x = device(0x11)
let x2 = device(0x12)
let y = device(0x21)
let z = device(0x31)
let siem = device(0x51)
let here = room(0xaa)

extension Plan {
    /// Steps of persons who are always on call: for each, after how many seconds, how many must acknowledge, and who.
    static func of(
        _ steps: [(delay: UInt32, need: UInt16, persons: [[DeviceID]])], close: UInt16 = 1, repeat: UInt32 = 0,
        pageAgain: UInt32 = 0, watch: UInt32 = 1800, horizon: UInt32 = Plan.maximumHorizon
    ) -> Plan {
        Plan(
            room: here, steps: steps.map { Step(delay: $0.delay, need: $0.need, persons: $0.persons) }, sensor: siem,
            close: close, repeat: `repeat`, pageAgain: pageAgain, watch: watch, horizon: horizon)
    }
}

/// A page as a relay holds it, with a log that a reader can fold; minutes pass as told.
struct Scene {
    private(set) var page: Page
    private(set) var readings = Readings.zero
    private(set) var log: [(entry: PageEntry, at: Readings)] = []
    /// What the timers wrote, in words.
    private(set) var timers: [TimerEntry] = []

    init(_ plan: Plan) {
        page = Page(plan)
        note(page.tick(at: readings))
    }

    private mutating func note(_ entries: [TimerEntry]) {
        timers += entries
        log += entries.map { (.timer($0), readings) }
    }

    mutating func pass(seconds: UInt64) {
        pass(monotonic: seconds * 1000, wall: Int64(seconds) * 1000)
    }

    mutating func pass(minutes: UInt64) { pass(seconds: minutes * 60) }

    /// - Parameter monotonic: milliseconds; nil: the relay was started again.
    mutating func pass(monotonic: UInt64?, wall: Int64) {
        readings = readings.passing(monotonic: monotonic, wall: wall, waiting: page.waiting)
        note(page.tick(at: readings))
    }

    /// - Parameter name: what the statement is known by; a copy has the same.
    @discardableResult
    mutating func say(
        _ device: DeviceID, _ kind: PageStatement.Kind, _ name: String, in room: RoomID = here
    ) -> Refusal? {
        post(.statement(PageStatement(kind, digest: digest(name), device: device, room: room)))
    }

    @discardableResult
    mutating func post(_ entry: PageEntry) -> Refusal? {
        log.append((entry, readings))
        let outcome = page.apply(entry, at: readings)
        note(outcome.entries)
        return outcome.refusal
    }

    /// What somebody sees who has nothing but the log.
    var reader: Page {
        var page = Page(page.plan)
        for (entry, readings) in log { page.fold(entry, at: readings) }
        return page
    }

    /// Whether somebody with that device was called.
    func isCalled(_ device: DeviceID) -> Bool { page.plan.person(of: device).map(page.state.isCalled) ?? false }
    /// Whose acknowledgements hold.
    func holds(_ device: DeviceID) -> Bool { page.plan.person(of: device).map(page.state.standing.contains) ?? false }
    var ended: Ending? { page.state.ended?.how }
    /// Steps that were released, counted from 0.
    var released: [Int] {
        page.state.steps.indices.filter { if case .released = page.state.steps[$0] { true } else { false } }
    }
}
