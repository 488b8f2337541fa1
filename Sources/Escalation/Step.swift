public import Terms

/// One step of a page's escalation plan: after how long, who is called, how many of them must acknowledge [R13]. The
/// one form in which call lists, page notices and room creations hold it.
///
///     struct { uint32 delay_s; uint16 need; Shift shifts<V>; } Step;
public struct Step: Hashable, Sendable, Codable {
    /// Seconds after the release of the step before; the first step waits for nothing.
    public let delay: UInt32
    /// How many of those who were called must acknowledge before the timers stop; 0 means all of them. Where fewer are
    /// on call it is never reached, and the next step comes [R11].
    public let need: UInt16
    /// Who is on call when.
    public let shifts: [Shift]

    public init(delay: UInt32, need: UInt16, shifts: [Shift]) {
        self.delay = delay
        self.need = need
        self.shifts = shifts
    }

    /// A step whose persons are on call at any time.
    /// - Parameter persons: each by nothing but their devices. Empty: the step is skipped [R13].
    public init(delay: UInt32, need: UInt16, persons: [[DeviceID]]) {
        self.init(delay: delay, need: need, shifts: persons.isEmpty ? [] : [Shift(persons: persons)])
    }
}

/// Who is on call from one time to another.
///
///     struct { uint64 from_s; optional<uint64> until_s; Person persons<V>; } Shift;
///     struct { opaque devices<V>; } Person;   // DeviceID devices<V>
public struct Shift: Hashable, Sendable, Codable {
    /// In seconds since the page was made; on a call list, whose steps no page has made yet, since 1970: see
    /// ``Step/counted(from:)``.
    public let from: UInt64
    /// The first second that is no longer in it; nil: it has no end.
    public let until: UInt64?
    /// Each person by nothing but their devices.
    public let persons: [[DeviceID]]

    public init(from: UInt64 = 0, until: UInt64? = nil, persons: [[DeviceID]]) {
        self.from = from
        self.until = until
        self.persons = persons
    }
}

extension Step {
    /// Whoever is ever on call for this step, each once, in the order of the shifts.
    public var persons: [[DeviceID]] {
        var seen: Set<[DeviceID]> = []
        return shifts.flatMap(\.persons).filter { seen.insert($0).inserted }
    }

    /// Whether nobody is ever on call: the step is skipped [R13].
    public var callsNobody: Bool { shifts.allSatisfy { $0.persons.allSatisfy(\.isEmpty) } }

    /// This step with each person's devices replaced by what `devices` gives; nil leaves that person out.
    public func mapPersons(_ devices: ([DeviceID]) -> [DeviceID]?) -> Step {
        Step(
            delay: delay, need: need,
            shifts: shifts.map { Shift(from: $0.from, until: $0.until, persons: $0.persons.compactMap(devices)) })
    }

    /// A call list's step, whose shifts are counted from 1970, as a page has it that is made at `time`. Shifts that
    /// ended before are left out.
    public func counted(from time: Timestamp) -> Step {
        let made = time.milliseconds / 1000
        let shifts = shifts.compactMap { shift -> Shift? in
            if let until = shift.until, until <= made { return nil }
            return Shift(
                from: shift.from > made ? shift.from - made : 0, until: shift.until.map { $0 - made },
                persons: shift.persons)
        }
        return Step(delay: delay, need: need, shifts: shifts)
    }
}
