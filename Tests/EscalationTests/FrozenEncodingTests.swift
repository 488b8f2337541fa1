import Foundation
import Terms
import Testing
import WireFormat

@testable import Escalation

/// The bytes that relays store and that relays and clients of different versions must agree on.
@Suite struct FrozenEncodingTests {
    private func hex(_ text: String) throws -> [UInt8] {
        let digits = Array(text.utf8.filter { $0 != 0x20 })
        return try stride(from: 0, to: digits.count, by: 2).map { index in
            try #require(UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16))
        }
    }

    private func run(_ byte: String, _ count: Int) -> String { String(repeating: byte, count: count) }

    private func expect<T: WireCodable & Equatable>(_ value: T, _ parts: String...) throws {
        let bytes = try hex(parts.joined())
        #expect(value.encoded == bytes)
        #expect(try T(decoding: bytes) == value)
    }

    private let step = Step(
        delay: 300, need: 1,
        shifts: [Shift(persons: [[x, x2], [y]]), Shift(from: 60, until: 3600, persons: [[z]])])

    private var stepBytes: String {
        [
            "0000012c",  // delay: 300 s
            "0001",  // need
            "405f",  // shifts<V>: 95 bytes
            "0000000000000000 00",  // from the beginning, without end
            "32",  // persons<V>: 50 bytes
            "20", run("11", 16), run("12", 16), "10", run("21", 16),
            "000000000000003c 01 0000000000000e10",  // from a minute to an hour
            "11", "10", run("31", 16),
        ].joined()
    }

    @Test func steps() throws { try expect(step, stepBytes) }

    @Test func aStepThatCallsNobody() throws {
        try expect(Step(delay: 0, need: 0, persons: []), "00000000 0000 00")
    }

    @Test func readings() throws {
        try expect(
            Readings(most: Elapsed(milliseconds: 0x0102), least: Elapsed(milliseconds: 1)),
            "0000000000000102 0000000000000001")
    }

    @Test func plans() throws {
        let plan = Plan(
            room: here, steps: [step], sensor: siem, close: 2, repeat: 120, pageAgain: 3600, horizon: 86_400)
        try expect(
            plan,
            "01",  // version
            run("aa", 16),  // room
            "01", run("51", 16),  // sensor
            "0002",  // close
            "00000078",  // repeat
            "00000e10",  // page_again
            "00000708",  // watch: 30 min
            "00000258",  // flap: 10 min
            "00000e10",  // keep: 1 h
            "00015180",  // horizon
            "4067", stepBytes  // steps<V>: 103 bytes
        )
    }

    @Test func timerEntries() throws {
        let person = PersonHandle(index: 0x0102)
        let digest = try #require(StatementDigest([UInt8](repeating: 0x77, count: 32)))
        try expect(TimerEntry.released(step: 3, persons: [person]), "01 00000003 04 00000102")
        try expect(TimerEntry.skipped(step: 3), "02 00000003")
        try expect(TimerEntry.rang, "03")
        try expect(TimerEntry.again, "04")
        try expect(TimerEntry.alone, "05")
        try expect(TimerEntry.void([digest]), "06 20", run("77", 32))
        try expect(TimerEntry.ended(.resolved), "07 01")
        try expect(TimerEntry.ended(.sensor), "07 02")
        try expect(TimerEntry.ended(.horizon), "07 03")
        try expect(TimerEntry.ended(.unseen), "07 04")
        try expect(TimerEntry.gone, "08")
    }

    @Test func states() throws {
        let (first, second) = (PersonHandle(index: 0), PersonHandle(index: 1))
        var state = State(steps: 3)
        state.steps[0] = .released(at: Elapsed(milliseconds: 5), persons: [first, second])
        state.steps[1] = .skipped(at: Elapsed(milliseconds: 6))
        state.called = [
            State.Call(person: first, at: Elapsed(milliseconds: 5)),
            State.Call(person: second, at: Elapsed(milliseconds: 5)),
        ]
        let digest = try #require(StatementDigest([UInt8](repeating: 0x77, count: 32)))
        let other = try #require(StatementDigest([UInt8](repeating: 0x78, count: 32)))
        state.acknowledgements = [
            State.Acknowledgement(
                digest: digest, device: x, person: first, at: Elapsed(milliseconds: 7), closes: true, isVoid: true,
                isSpent: true),
            State.Acknowledgement(
                digest: other, device: x2, person: first, at: Elapsed(milliseconds: 8), closes: false),
        ]
        state.read = [second]
        state.out = [x]
        state.counted = [digest]
        state.base = Elapsed(milliseconds: 6)
        state.firstAck = Elapsed(milliseconds: 7)
        state.ackSince = Elapsed(milliseconds: 8)
        state.ended = State.End(
            how: .sensor, at: Readings(most: Elapsed(milliseconds: 10), least: Elapsed(milliseconds: 9)))
        state.push = true
        state.isGone = true
        state.rings = 4
        state.lastRing = Elapsed(milliseconds: 5)
        try expect(
            state,
            "01",  // version
            "1c",  // steps<V>: 28 bytes
            "01 0000000000000005 08 00000000 00000001",  // released, both persons
            "02 0000000000000006",  // skipped
            "00",  // waits
            "18", "00000000 0000000000000005", "00000001 0000000000000005",  // called<V>
            "407a",  // acks<V>: 122 bytes
            run("77", 32), run("11", 16), "00000000", "0000000000000007", "07",  // closes, void, spent
            run("78", 32), run("12", 16), "00000000", "0000000000000008", "00",
            "04 00000001",  // read<V>
            "10", run("11", 16),  // out<V>
            "20", run("77", 32),  // counted<V>
            "0000000000000006",  // base
            "01 0000000000000007",  // first_ack
            "01 0000000000000008",  // ack_since
            "01 02 000000000000000a 0000000000000009",  // ended by the sensor
            "05",  // push, gone
            "00000004",  // rings
            "0000000000000005"  // last_ring
        )
    }

    @Test func aStateWithADeviceThatWasNotReached() throws {
        var state = State(steps: 1)
        state.unreached = [x, y]
        try expect(
            state, "02 01 00 00 00 00 00 00", "0000000000000000 00 00 00 00 00000000", "0000000000000000",
            "20", run("11", 16), run("21", 16))
        let empty = try hex("02 01 00 00 00 00 00 00" + "0000000000000000 00 00 00 00 00000000" + "0000000000000000 00")
        #expect(throws: WireError.self) { try State(decoding: empty) }
    }

    @Test func aStateThatJustBegan() throws {
        try expect(
            State(steps: 1), "01 01 00 00 00 00 00 00", "0000000000000000 00 00 00 00 00000000", "0000000000000000")
    }

    @Test("a step has one JSON form, in call lists and in page notices")
    func json() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let short = Step(delay: 60, need: 0, shifts: [Shift(from: 5, until: 9, persons: [[x]]), Shift(persons: [[y]])])
        let text = """
            {"delay":60,"need":0,"shifts":[{"from":5,"persons":[["\(run("11", 16))"]],"until":9},\
            {"from":0,"persons":[["\(run("21", 16))"]]}]}
            """
        #expect(String(decoding: try encoder.encode(short), as: UTF8.self) == text)
        #expect(try JSONDecoder().decode(Step.self, from: Data(text.utf8)) == short)
    }

    @Test("what a statement is known by does not change: BLAKE2b-256 behind a label")
    func digests() throws {
        #expect(
            StatementDigest(of: Array("tocsin".utf8)).bytes
                == (try hex("6a62902af5916566f86557c3d941b6b7" + "f28220110aed3793ef562f886e0a4a26")))
    }
}
