public import Terms

/// A person by nothing but a number in the page's plan: all that a relay knows of who is whom [R11].
public struct PersonHandle: Hashable, Comparable, Sendable {
    public let index: UInt32
    public init(index: UInt32) { self.index = index }
    public static func < (a: PersonHandle, b: PersonHandle) -> Bool { a.index < b.index }
}

/// What a page's author wants to happen, and what follows from it without them. All spans are in seconds.
///
///     struct {
///         uint8 version = 1; opaque room[16]; optional<DeviceID> sensor; uint16 close;
///         uint32 repeat_s; uint32 page_again_s; uint32 watch_s; uint32 flap_s; uint32 keep_s; uint32 horizon_s;
///         Step steps<V>;
///     } Plan;
public struct Plan: Hashable, Sendable {
    /// No page is open for longer than 72 h [R12].
    public static let maximumHorizon: UInt32 = 72 * 3600

    /// The room that statements must name.
    public let room: RoomID
    public let steps: [Step]
    /// The device of the tool that paged, if it was one.
    public let sensor: DeviceID?
    /// How many persons must agree that it is over: 1, or 2 for a sensor's critical page [R12]. Never 0.
    public let close: UInt16
    /// Ring again after so long while nobody's acknowledgement holds; 0: never.
    public let `repeat`: UInt32
    /// Page again what was acknowledged and did not end for so long; 0: never [R11].
    public let pageAgain: UInt32
    /// How long one person's word holds where `close` is more than 1 [R12].
    public let watch: UInt32
    /// Fired again so soon after a sensor ended it, it is the same page [R12].
    public let flap: UInt32
    /// How long an ended page keeps Welcomes and group [R12].
    public let keep: UInt32
    /// When the page ends at the latest.
    public let horizon: UInt32

    /// Each person's devices; the position is their ``PersonHandle``. Two lists of the steps that share a device are
    /// one person's.
    public let persons: [[DeviceID]]
    private let owners: [DeviceID: PersonHandle]
    /// For each shift of each step, who is on call.
    let rosters: [[[PersonHandle]]]

    /// - Parameters:
    ///   - close: less than 1 counts as 1.
    ///   - horizon: more than 72 h counts as 72 h.
    public init(
        room: RoomID, steps: [Step], sensor: DeviceID? = nil, close: UInt16 = 1, repeat: UInt32 = 0,
        pageAgain: UInt32 = 0, watch: UInt32 = 30 * 60, flap: UInt32 = 10 * 60, keep: UInt32 = 3600,
        horizon: UInt32 = Plan.maximumHorizon
    ) {
        self.room = room
        self.steps = steps
        self.sensor = sensor
        self.close = max(1, close)
        self.repeat = `repeat`
        self.pageAgain = pageAgain
        self.watch = watch
        self.flap = flap
        self.keep = keep
        self.horizon = min(horizon, Self.maximumHorizon)
        let table = PersonTable(steps)
        persons = table.persons
        owners = table.owners
        rosters = steps.map { step in
            step.shifts.map { shift in
                Set(shift.persons.compactMap { $0.first.flatMap { table.owners[$0] } }).sorted()
            }
        }
    }

    /// Whose device it is; nil where it is nobody's whom the plan calls.
    public func person(of device: DeviceID) -> PersonHandle? { owners[device] }

    /// Whoever is ever on call for a step.
    public func persons(ofStep index: Int) -> [PersonHandle] {
        rosters.indices.contains(index) ? Set(rosters[index].joined()).sorted() : []
    }

    /// The devices of somebody whom the plan calls.
    public func devices(of person: PersonHandle) -> [DeviceID] {
        let index = Int(person.index)
        return persons.indices.contains(index) ? persons[index] : []
    }

    public static func == (a: Plan, b: Plan) -> Bool {
        a.room == b.room && a.steps == b.steps && a.sensor == b.sensor && a.close == b.close && a.repeat == b.repeat
            && a.pageAgain == b.pageAgain && a.watch == b.watch && a.flap == b.flap && a.keep == b.keep
            && a.horizon == b.horizon
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(room)
        hasher.combine(steps)
    }
}

/// Who is whom in some steps: a person called twice may be listed with other devices the second time.
private struct PersonTable {
    private(set) var persons: [[DeviceID]] = []
    private(set) var owners: [DeviceID: PersonHandle] = [:]

    init(_ steps: [Step]) {
        var groups: [[DeviceID]] = []
        // By a group's number where it was first met: the order in which persons come.
        var order: [Int] = []
        var group: [DeviceID: Int] = [:]
        for devices in steps.lazy.flatMap(\.shifts).flatMap(\.persons) where !devices.isEmpty {
            let met = Set(devices.compactMap { group[$0] }).sorted()
            // The largest of the groups that are found to be one person's takes the others in: few devices move.
            let into = met.max { groups[$0].count < groups[$1].count } ?? groups.count
            if met.isEmpty {
                groups.append([])
                order.append(into)
            }
            for other in met where other != into {
                for device in groups[other] { group[device] = into }
                groups[into] += groups[other]
                groups[other] = []
            }
            if let first = met.lazy.map({ order[$0] }).min() { order[into] = first }
            for device in devices where group[device] == nil {
                group[device] = into
                groups[into].append(device)
            }
        }
        persons = groups.indices.filter { !groups[$0].isEmpty }.sorted { order[$0] < order[$1] }.map { groups[$0] }
        for (index, devices) in persons.enumerated() {
            for device in devices { owners[device] = PersonHandle(index: UInt32(clamping: index)) }
        }
    }
}
