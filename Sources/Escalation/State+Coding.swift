import Terms
public import WireFormat

extension State: WireCodable {
    private enum Version {
        static let (plain, unreached) = (UInt8(1), UInt8(2))
    }
    private enum Flag {
        static let (push, over, gone, alone) = (UInt8(1), UInt8(2), UInt8(4), UInt8(8))
    }

    public init(from reader: inout Reader) throws(WireError) {
        let version = try reader.uint8("version")
        guard version == Version.plain || version == Version.unreached else {
            throw WireError(.unknownValue, "version")
        }
        self.init(steps: 0)
        steps = try reader.vector("steps")
        called = try reader.vector("called")
        _ = try reader.inOrder(called.map(\.person), "called")
        acknowledgements = try reader.vector("acks")
        guard Set(acknowledgements.map(\.digest)).count == acknowledgements.count else {
            throw WireError(.invalidValue, "acks")
        }
        read = try reader.handles("read")
        let devices = try reader.vector("out") { (reader) throws(WireError) in try reader.deviceID("device") }
        out = try reader.inOrder(devices, "out")
        counted = try reader.inOrder(reader.digests("counted"), "counted")
        base = try reader.elapsed("base")
        firstAck = try reader.optionalElapsed("first_ack")
        ackSince = try reader.optionalElapsed("ack_since")
        ended = try reader.optional(State.End.self, "ended")
        let flags = try reader.uint8("flags")
        guard flags < 16 else { throw WireError(.unknownValue, "flags") }
        push = flags & Flag.push != 0
        over = flags & Flag.over != 0
        isGone = flags & Flag.gone != 0
        alone = flags & Flag.alone != 0
        rings = try reader.uint32("rings")
        lastRing = try reader.elapsed("last_ring")
        guard version == Version.unreached else { return }
        let lost = try reader.vector("unreached") { (reader) throws(WireError) in try reader.deviceID("device") }
        unreached = try reader.inOrder(lost, "unreached")
        guard !unreached.isEmpty else { throw WireError(.invalidValue, "unreached") }
    }

    public func encode(to writer: inout Writer) {
        writer.uint8(unreached.isEmpty ? Version.plain : Version.unreached)
        writer.vector(steps)
        writer.vector(called)
        writer.vector(acknowledgements)
        writer.handles(read)
        writer.devices(out)
        writer.digests(counted)
        writer.elapsed(base)
        writer.optionalElapsed(firstAck)
        writer.optionalElapsed(ackSince)
        writer.optional(ended)
        writer.uint8(
            (push ? Flag.push : 0) | (over ? Flag.over : 0) | (isGone ? Flag.gone : 0) | (alone ? Flag.alone : 0))
        writer.uint32(rings)
        writer.elapsed(lastRing)
        if !unreached.isEmpty { writer.devices(unreached) }
    }
}

extension State.Step: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        switch try reader.uint8("step") {
        case 0: self = .waits
        case 1: self = .released(at: try reader.elapsed("released"), persons: try reader.handles("persons"))
        case 2: self = .skipped(at: try reader.elapsed("skipped"))
        default: throw WireError(.unknownValue, "step")
        }
    }

    public func encode(to writer: inout Writer) {
        switch self {
        case .waits: writer.uint8(0)
        case .released(let time, let persons):
            writer.uint8(1)
            writer.elapsed(time)
            writer.handles(persons)
        case .skipped(let time):
            writer.uint8(2)
            writer.elapsed(time)
        }
    }
}

extension State.Call: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(person: try reader.handle(), at: try reader.elapsed("called"))
    }

    public func encode(to writer: inout Writer) {
        writer.uint32(person.index)
        writer.elapsed(at)
    }
}

extension State.Acknowledgement: WireCodable {
    private enum Flag {
        static let (closes, void, spent) = (UInt8(1), UInt8(2), UInt8(4))
    }

    public init(from reader: inout Reader) throws(WireError) {
        let (digest, device) = (try reader.digest(), try reader.deviceID("device"))
        let (person, time) = (try reader.handle(), try reader.elapsed("acknowledged"))
        let flags = try reader.uint8("flags")
        guard flags < 8 else { throw WireError(.unknownValue, "flags") }
        self.init(
            digest: digest, device: device, person: person, at: time, closes: flags & Flag.closes != 0,
            isVoid: flags & Flag.void != 0, isSpent: flags & Flag.spent != 0)
    }

    public func encode(to writer: inout Writer) {
        writer.fixed(digest.bytes)
        writer.fixed(device.bytes)
        writer.uint32(person.index)
        writer.elapsed(at)
        writer.uint8((closes ? Flag.closes : 0) | (isVoid ? Flag.void : 0) | (isSpent ? Flag.spent : 0))
    }
}

extension State.End: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(how: try reader.enumeration(Ending.self, "how"), at: try Readings(from: &reader))
    }

    public func encode(to writer: inout Writer) {
        writer.enumeration(how)
        at.encode(to: &writer)
    }
}
