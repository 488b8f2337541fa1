import Terms
public import WireFormat

// The binary forms, in the TLS presentation language; each structure's layout is in the comment above its type. One
// value has one form: what is in order is refused out of order.

extension Reader {
    mutating func deviceID(_ context: String) throws(WireError) -> DeviceID {
        guard let id = DeviceID(try fixed(DeviceID.length, context)) else { throw WireError(.invalidValue, context) }
        return id
    }

    mutating func elapsed(_ context: String) throws(WireError) -> Elapsed {
        Elapsed(milliseconds: try uint64(context))
    }

    mutating func digest() throws(WireError) -> StatementDigest {
        guard let digest = StatementDigest(try fixed(StatementDigest.length, "digest")) else {
            throw WireError(.invalidValue, "digest")
        }
        return digest
    }

    mutating func digests(_ context: String) throws(WireError) -> [StatementDigest] {
        try vector(context) { (reader) throws(WireError) in try reader.digest() }
    }

    mutating func handle() throws(WireError) -> PersonHandle { PersonHandle(index: try uint32("person")) }

    /// In order, each once.
    mutating func handles(_ context: String) throws(WireError) -> [PersonHandle] {
        try inOrder(vector(context) { (reader) throws(WireError) in try reader.handle() }, context)
    }

    /// `optional<uint64>` milliseconds.
    mutating func optionalElapsed(_ context: String) throws(WireError) -> Elapsed? {
        try isPresent(context) ? try elapsed(context) : nil
    }

    /// - Throws: `invalidValue` unless each is more than the one before.
    func inOrder<T: Comparable>(_ values: [T], _ context: String) throws(WireError) -> [T] {
        guard zip(values, values.dropFirst()).allSatisfy(<) else { throw WireError(.invalidValue, context) }
        return values
    }
}

extension Writer {
    mutating func elapsed(_ value: Elapsed) { uint64(value.milliseconds) }

    mutating func optionalElapsed(_ value: Elapsed?) {
        uint8(value == nil ? 0 : 1)
        if let value { elapsed(value) }
    }

    mutating func handles(_ persons: [PersonHandle]) {
        vector { writer in for person in persons { writer.uint32(person.index) } }
    }

    mutating func digests(_ digests: [StatementDigest]) {
        vector { writer in for digest in digests { writer.fixed(digest.bytes) } }
    }

    mutating func devices(_ devices: [DeviceID]) {
        vector { writer in for device in devices { writer.fixed(device.bytes) } }
    }
}

extension Step: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            delay: try reader.uint32("delay"), need: try reader.uint16("need"), shifts: try reader.vector("shifts"))
    }

    public func encode(to writer: inout Writer) {
        writer.uint32(delay)
        writer.uint16(need)
        writer.vector(shifts)
    }
}

extension Shift: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(
            from: try reader.uint64("from"), until: try reader.isPresent("until") ? try reader.uint64("until") : nil,
            persons: try reader.vector("persons") { (reader) throws(WireError) in
                try reader.vector("devices") { (reader) throws(WireError) in try reader.deviceID("device") }
            })
    }

    public func encode(to writer: inout Writer) {
        writer.uint64(from)
        writer.uint8(until == nil ? 0 : 1)
        if let until { writer.uint64(until) }
        writer.vector { writer in for devices in persons { writer.devices(devices) } }
    }
}

extension Readings: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(most: try reader.elapsed("most"), least: try reader.elapsed("least"))
    }

    public func encode(to writer: inout Writer) {
        writer.elapsed(most)
        writer.elapsed(least)
    }
}

extension Plan: WireCodable {
    private static let version: UInt8 = 1

    public init(from reader: inout Reader) throws(WireError) {
        guard try reader.uint8("version") == Self.version else { throw WireError(.unknownValue, "version") }
        guard let room = RoomID(try reader.fixed(RoomID.length, "room")) else { throw WireError(.invalidValue, "room") }
        let sensor = try reader.isPresent("sensor") ? try reader.deviceID("sensor") : nil
        let close = try reader.uint16("close")
        let (again, pageAgain) = (try reader.uint32("repeat"), try reader.uint32("page_again"))
        let (watch, flap) = (try reader.uint32("watch"), try reader.uint32("flap"))
        let (keep, horizon) = (try reader.uint32("keep"), try reader.uint32("horizon"))
        guard close > 0 else { throw WireError(.invalidValue, "close") }
        guard horizon <= Self.maximumHorizon else { throw WireError(.invalidValue, "horizon") }
        self.init(
            room: room, steps: try reader.vector("steps"), sensor: sensor, close: close, repeat: again,
            pageAgain: pageAgain, watch: watch, flap: flap, keep: keep, horizon: horizon)
    }

    public func encode(to writer: inout Writer) {
        writer.uint8(Self.version)
        writer.fixed(room.bytes)
        writer.uint8(sensor == nil ? 0 : 1)
        if let sensor { writer.fixed(sensor.bytes) }
        writer.uint16(close)
        for span in [`repeat`, pageAgain, watch, flap, keep, horizon] { writer.uint32(span) }
        writer.vector(steps)
    }
}

extension TimerEntry: WireCodable {
    private enum Kind: UInt8 {
        case released = 1
        case skipped, rang, again, alone, void, ended, gone
    }

    public init(from reader: inout Reader) throws(WireError) {
        switch try reader.enumeration(Kind.self, "kind") {
        case .released:
            let step = Int(try reader.uint32("step"))
            self = .released(step: step, persons: try reader.handles("persons"))
        case .skipped: self = .skipped(step: Int(try reader.uint32("step")))
        case .rang: self = .rang
        case .again: self = .again
        case .alone: self = .alone
        case .void: self = .void(try reader.digests("digests"))
        case .ended: self = .ended(try reader.enumeration(Ending.self, "how"))
        case .gone: self = .gone
        }
    }

    public func encode(to writer: inout Writer) {
        writer.enumeration(kind)
        switch self {
        case .released(let step, let persons):
            writer.uint32(UInt32(clamping: step))
            writer.handles(persons)
        case .skipped(let step): writer.uint32(UInt32(clamping: step))
        case .void(let digests): writer.digests(digests)
        case .ended(let how): writer.enumeration(how)
        case .rang, .again, .alone, .gone: break
        }
    }

    private var kind: Kind {
        switch self {
        case .released: .released
        case .skipped: .skipped
        case .rang: .rang
        case .again: .again
        case .alone: .alone
        case .void: .void
        case .ended: .ended
        case .gone: .gone
        }
    }
}
