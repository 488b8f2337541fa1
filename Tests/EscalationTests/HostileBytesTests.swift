import Terms
import TestTeam
import Testing
import WireFormat

@testable import Escalation

/// Whatever comes is read or refused, and never traps; what is read is written again as just these bytes.
@Suite struct HostileBytesTests {
    /// A state with something in each field.
    private func sample(_ seed: UInt64) -> RandomPage {
        var random = RandomPage(seed: seed)
        _ = random.begin()
        for _ in 0..<60 { _ = random.take(random.event()) }
        return random
    }

    private func mutate<T: WireCodable & Equatable>(_ value: T, use: (T) -> Void = { _ in }) -> Int {
        let whole = value.encoded
        for length in whole.indices {
            #expect(throws: WireError.self) { try T(decoding: Array(whole.prefix(length))) }
        }
        #expect(throws: WireError.self) { try T(decoding: whole + [0]) }
        var refused = 0
        for index in whole.indices {
            for bit in 0..<8 {
                var flipped = whole
                flipped[index] ^= 1 << UInt8(bit)
                do {
                    let read = try T(decoding: flipped)
                    #expect(read != value && read.encoded == flipped)
                    use(read)
                } catch { refused += 1 }
            }
        }
        return refused
    }

    @Test(
        "states that were tampered with are refused or are other states; no timer traps on them", arguments: [3, 4, 9])
    func states(_ seed: UInt64) {
        let random = sample(seed)
        let refused = mutate(random.page.state) { state in
            guard var page = Page(random.page.plan, state: state) else { return }
            _ = page.nextDue(after: random.readings)
            _ = page.tick(at: random.readings)
            let statement = PageStatement(.resolved, digest: digest("late"), device: x, room: here)
            _ = page.apply(.statement(statement), at: random.readings)
        }
        #expect(refused > 50)
    }

    @Test func plans() {
        let random = sample(5)
        let refused = mutate(random.page.plan) { plan in
            var page = Page(plan)
            _ = page.tick(at: random.readings)
        }
        #expect(refused > 50)
    }

    @Test func timerEntries() {
        let entries: [TimerEntry] = [
            .released(step: 1, persons: [PersonHandle(index: 1), PersonHandle(index: 7)]), .skipped(step: 2),
            .void([digest("a"), digest("b")]), .ended(.unseen), .gone,
        ]
        for entry in entries { #expect(mutate(entry) > 0) }
    }

    @Test func noise() {
        var noise = SplitMix64(seed: 7)
        var read = 0
        for _ in 0..<50_000 {
            let bytes = (0..<noise.below(80)).map { _ in UInt8(truncatingIfNeeded: noise.next()) }
            if let entry = try? TimerEntry(decoding: bytes) {
                read += 1
                #expect(entry.encoded == bytes)
            }
            if let step = try? Step(decoding: bytes) { #expect(step.encoded == bytes) }
            _ = try? State(decoding: [1] + bytes)
            _ = try? Plan(decoding: [1] + bytes)
            _ = try? Readings(decoding: bytes)
        }
        #expect(read > 0)
    }

    @Test("one value has one form: what is in order is refused out of order, and twice the same")
    func order() throws {
        let two = [UInt8](
            TimerEntry.released(step: 0, persons: [PersonHandle(index: 2), PersonHandle(index: 1)]).encoded)
        #expect(throws: WireError(.invalidValue, "persons")) { try TimerEntry(decoding: two) }
        var state = State(steps: 0)
        state.out = [y, x]
        #expect(throws: WireError(.invalidValue, "out")) { try State(decoding: state.encoded) }
        state.out = []
        state.counted = [digest("a"), digest("a")]
        #expect(throws: WireError(.invalidValue, "counted")) { try State(decoding: state.encoded) }
        state.counted = []
        let ack = State.Acknowledgement(
            digest: digest("a"), device: x, person: PersonHandle(index: 0), at: .zero, closes: false)
        state.acknowledgements = [ack, ack]
        #expect(throws: WireError(.invalidValue, "acks")) { try State(decoding: state.encoded) }
    }

    @Test("a state of another plan is none of this page's")
    func anotherPlan() {
        let plan = Plan.of([(0, 1, [[x]]), (60, 1, [[y]])])
        var page = Page(plan)
        _ = page.tick(at: .zero)
        #expect(Page(plan, state: page.state) == page)
        #expect(Page(.of([(0, 1, [[x]])]), state: page.state) == nil)
        #expect(Page(.of([(0, 1, []), (0, 1, [])]), state: page.state) == nil)
    }
}
