import Terms
import Testing
import WireFormat

@testable import Escalation

/// What must hold whatever anybody does, on random runs with fixed seeds.
@Suite struct InvariantTests {
    @Test("[R11] whoever folds the log has the relay's state; a stored state is read as it was written")
    func agreement() throws {
        for seed in 10_000..<10_500 as Range<UInt64> {
            var random = RandomPage(seed: seed)
            var reader = Page(random.page.plan)
            var folded = 0
            _ = random.begin()
            for _ in 0..<60 {
                _ = random.take(random.event())
                for (entry, readings) in random.log[folded...] { reader.fold(entry, at: readings) }
                folded = random.log.count
                let state = random.page.state
                try #require(reader.state == state, "seed \(seed)")
                let bytes = state.encoded
                let read = try State(decoding: bytes)
                try #require(read == state && read.encoded == bytes, "seed \(seed)")
                try #require(Page(random.page.plan, state: read) == random.page, "seed \(seed)")
            }
            for (entry, _) in random.log {
                guard case .timer(let entry) = entry else { continue }
                try #require(TimerEntry(decoding: entry.encoded) == entry)
            }
            try #require(Plan(decoding: random.page.plan.encoded) == random.page.plan)
        }
    }

    @Test("[R18] nextDue: nothing is due before it, and something is at it")
    func nextDue() throws {
        var waited = 0
        for seed in 20_000..<20_500 as Range<UInt64> {
            var random = RandomPage(seed: seed)
            _ = random.begin()
            for _ in 0..<60 {
                _ = random.take(random.event())
                let (page, now) = (random.page, random.readings)
                func later(_ milliseconds: UInt64) -> Readings {
                    Readings(
                        most: now.most + Elapsed(milliseconds: milliseconds),
                        least: now.least + Elapsed(milliseconds: milliseconds))
                }
                guard let wait = page.nextDue(after: now)?.wait(from: now) else {
                    try #require(page.state.isGone)
                    continue
                }
                try #require(wait > 0, "the timers had come to rest, seed \(seed)")
                waited += 1
                try #require(page.due(at: later(wait)) != nil, "seed \(seed), \(wait) ms")
                for part in [1, wait / 2, wait - 1] where part < wait {
                    try #require(page.due(at: later(part)) == nil, "seed \(seed), \(part) of \(wait) ms")
                }
            }
        }
        #expect(waited > 10_000)
    }

    @Test("[R12] OneCannotEnd: whatever one called person and the sensor do, somebody else sees what two must close")
    func oneCannotEnd() throws {
        var ended = 0
        for seed in 30_000..<30_600 as Range<UInt64> {
            var random = RandomPage(seed: seed, closes: [2], shifts: false, horizon: [120])
            _ = random.begin()
            let plan = random.page.plan
            guard let adversary = plan.person(of: x), plan.persons.count > 1 else { continue }
            // Each step has time to come before the horizon.
            for _ in 0..<150 where random.page.state.ended == nil {
                let event = random.event()
                if case .post(.statement(let statement)) = event, statement.device != siem,
                    plan.person(of: statement.device) != adversary
                {
                    continue
                }
                if case .post(.out) = event { continue }
                _ = random.take(event)
            }
            guard random.page.state.ended != nil else { continue }
            ended += 1
            #expect(random.page.state.called.contains { $0.person != adversary }, "seed \(seed)")
        }
        #expect(ended > 50)
    }

    @Test("[R12] nothing ends before its time, nothing is destroyed early: by the least reading")
    func notEarly() throws {
        for seed in 40_000..<40_300 as Range<UInt64> {
            var random = RandomPage(seed: seed)
            _ = random.begin()
            var truth: UInt64 = 0
            var endedAt: UInt64?
            for _ in 0..<60 {
                let event = random.event()
                // What really passed is what the monotonic clock says, or more.
                if case .pass(let monotonic, _) = event { truth += monotonic ?? 0 }
                _ = random.take(event)
                #expect(random.readings.least.milliseconds <= truth)
                let state = random.page.state
                endedAt = state.ended == nil ? nil : endedAt ?? truth
                if state.isGone, let endedAt {
                    #expect(truth - endedAt >= UInt64(random.page.plan.keep) * 1000, "seed \(seed)")
                }
            }
        }
    }

    @Test("[R11] whatever stands in a state's fields, at whatever time, nothing traps and the timers come to rest")
    func extremes() throws {
        let edges = [0, 1, .max - 1, .max] as [UInt64]
        for seed in 50_000..<50_150 as Range<UInt64> {
            var random = RandomPage(seed: seed)
            _ = random.begin()
            for _ in 0..<30 {
                _ = random.take(random.event())
                for (most, least) in zip(edges, edges.reversed()) {
                    let readings = Readings(most: Elapsed(milliseconds: most), least: Elapsed(milliseconds: least))
                    var page = random.page
                    _ = page.tick(at: readings)
                    try #require(page.due(at: readings) == nil, "seed \(seed)")
                    _ = page.nextDue(after: readings)?.wait(from: readings)
                    _ = readings.passing(monotonic: .max, wall: .max, waiting: page.waiting)
                    _ = readings.passing(monotonic: nil, wall: .min, waiting: page.waiting)
                }
            }
        }
    }
}
