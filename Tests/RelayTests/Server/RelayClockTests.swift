import Escalation
import Platform
import Terms
import TestTeam
import Testing

@testable import Relay

@Suite("[R18] the relay's time: two readings of what has passed, and no clock that is believed")
struct RelayClockTests {
    private let hour = 3_600.0

    private func passed(_ clock: RelayClock) -> (most: UInt64, least: UInt64) {
        let passed = clock.now.passed
        return (passed.most.milliseconds / 1000, passed.least.milliseconds / 1000)
    }

    @Test("both readings are the same where nobody sets the clock")
    func steady() {
        let time = SettableClock()
        let clock = RelayClock(time.sources, last: nil)
        for _ in 0..<10_000 { time.advance(seconds: 0.001) }
        #expect(passed(clock) == (10, 10))
        time.advance(seconds: 86_390)
        #expect(passed(clock) == (86_400, 86_400))
    }

    @Test(
        "a clock that is set forward adds to the most, set back to none, and repeated steps never make up for each other"
    )
    func steps() {
        let time = SettableClock()
        let clock = RelayClock(time.sources, last: nil)
        time.set(seconds: hour)
        #expect(passed(clock) == (3_600, 0))
        time.set(seconds: -2 * hour)
        #expect(passed(clock) == (3_600, 0))
        time.advance(seconds: 60)
        #expect(passed(clock) == (3_660, 60))
        time.set(seconds: hour)
        #expect(passed(clock) == (7_260, 60))
        #expect(clock.now.time == SettableClock.start.adding(seconds: 60))
    }

    @Test("what was said to have passed is never taken back, however small the step")
    func smallSteps() {
        let time = SettableClock()
        let clock = RelayClock(time.sources, last: nil)
        time.set(seconds: 0.9)
        let before = clock.now.passed.most
        time.set(seconds: -0.9)
        #expect(clock.now.passed.most == before)
    }

    @Test("started again on the same boot: the clock that nobody sets tells how long it took")
    func restart() {
        let time = SettableClock()
        let first = RelayClock(time.sources, last: nil)
        time.advance(seconds: 60)
        let tick = first.tick
        time.advance(seconds: 30)
        time.set(seconds: -86_400)
        let second = RelayClock(time.sources, last: tick)
        #expect(passed(second) == (90, 90) && !second.startedBehind)
    }

    @Test("started again after a boot: the wall clock tells the most; where it is behind, nothing is known")
    func boot() {
        let time = SettableClock()
        let first = RelayClock(time.sources, last: nil)
        time.advance(seconds: 60)
        let tick = first.tick
        time.reboot()
        time.set(seconds: hour)
        let second = RelayClock(time.sources, last: tick)
        #expect(passed(second) == (3_660, 60) && !second.startedBehind)
        time.set(seconds: -2 * hour)
        let third = RelayClock(time.sources, last: tick)
        #expect(passed(third) == (60, 60) && third.startedBehind)
    }

    @Test(
        "it is later than the call list was signed, by the least that has passed, and never later than the clock says")
    func earliest() {
        let time = SettableClock()
        let clock = RelayClock(time.sources, last: nil)
        clock.isAfter(Timestamp(milliseconds: SettableClock.start.milliseconds - 1_000))
        time.set(seconds: 200 * 86_400)
        time.advance(seconds: 60)
        #expect(clock.now.earliest == SettableClock.start.adding(seconds: 59))
        // An earlier list says nothing new, and neither does a start.
        clock.isAfter(Timestamp(milliseconds: 0))
        #expect(RelayClock(time.sources, last: clock.tick).now.earliest == SettableClock.start.adding(seconds: 59))
        time.set(seconds: -400 * 86_400)
        #expect(clock.now.earliest == time.now)
    }

    @Test("the system's clocks go on, and name their boot")
    func system() {
        let (first, second) = (MonotonicTime.now, MonotonicTime.now)
        #expect(second.milliseconds(since: first) != nil && first.boot.count == 16)
        #expect(first.milliseconds(since: MonotonicTime(boot: [1], milliseconds: 0)) == nil)
    }
}
