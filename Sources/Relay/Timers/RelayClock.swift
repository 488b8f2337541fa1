import Escalation
import Foundation
import Platform
import Synchronization
import Terms

/// Now, as a relay knows it [R18].
struct Moment: Sendable, Hashable {
    /// By the wall clock, which may be wrong by any time, and be set at any time.
    let time: Timestamp
    /// The most and the least that can have passed since the relay's database was made. Neither goes back while the
    /// relay runs; after a boot they go on from the last tick that was kept.
    let passed: Readings
    /// The earliest that it can be, which is what expiry is judged by: the call list was signed before it was taken, and the
    /// least has passed since.
    let earliest: Timestamp
}

/// What is kept of the time, so that a relay which starts again knows what has passed.
struct Tick: Sendable, Hashable {
    let passed: Readings
    let time: Timestamp
    let monotonic: MonotonicTime
    /// The earliest that it can have been when the database was made.
    let origin: Timestamp

    /// - Returns: what has passed by another look at both clocks.
    func passed(at time: Timestamp, _ monotonic: MonotonicTime) -> Readings {
        passed.passing(monotonic: monotonic.milliseconds(since: self.monotonic), wall: wall(at: time), waiting: nil)
    }

    /// Whether nothing at all is known of how long it took: the machine was started again, with a clock that is behind.
    func isAhead(of time: Timestamp, _ monotonic: MonotonicTime) -> Bool {
        monotonic.milliseconds(since: self.monotonic) == nil && wall(at: time) < 0
    }

    /// Milliseconds by which the wall clock has gone on; less than none where it was set back.
    func wall(at time: Timestamp) -> Int64 {
        time >= self.time
            ? Int64(clamping: time.milliseconds - self.time.milliseconds)
            : -Int64(clamping: self.time.milliseconds - time.milliseconds)
    }
}

/// The relay's time: a wall clock, which is told to others, and two readings of what has passed, which its timers go by.
final class RelayClock: Sendable {
    /// Where it looks.
    struct Sources: Sendable {
        let wall: @Sendable () -> Timestamp
        let monotonic: @Sendable () -> MonotonicTime

        static let system = Sources(wall: { Timestamp(.now) }, monotonic: { .now })
    }

    private struct State {
        var tick: Tick
        var last: Readings
    }

    private let sources: Sources
    private let state: Mutex<State>
    /// Whether the machine was started again, with a clock behind the last tick: then what waits is due.
    let startedBehind: Bool

    /// Milliseconds. Ticks that are close would add up what is lost when two clocks are rounded; a wall clock that was set is
    /// noticed at once.
    private static let tickLength: UInt64 = 10_000
    private static let leastStep: Int64 = 1_000

    /// - Parameter last: what was kept of the time; nil for a new database.
    init(_ sources: Sources, last: Tick?) {
        self.sources = sources
        let (time, monotonic) = (sources.wall(), sources.monotonic())
        startedBehind = last?.isAhead(of: time, monotonic) ?? false
        let passed = last?.passed(at: time, monotonic) ?? .zero
        let origin = last?.origin ?? Timestamp(milliseconds: 0)
        let tick = Tick(passed: passed, time: time, monotonic: monotonic, origin: origin)
        state = Mutex(State(tick: tick, last: passed))
    }

    var now: Moment {
        state.withLock { state in
            let (time, monotonic) = (sources.wall(), sources.monotonic())
            let passed = state.tick.passed(at: time, monotonic)
            state.last = Readings(most: max(state.last.most, passed.most), least: max(state.last.least, passed.least))
            let steady = monotonic.milliseconds(since: state.tick.monotonic) ?? Self.tickLength
            let (step, isTooMuch) = state.tick.wall(at: time).subtractingReportingOverflow(Int64(clamping: steady))
            if steady >= Self.tickLength || isTooMuch || step.magnitude > Self.leastStep.magnitude {
                state.tick = Tick(
                    passed: state.last, time: time, monotonic: monotonic, origin: state.tick.origin)
            }
            let earliest = state.tick.origin.adding(milliseconds: state.last.least.milliseconds)
            return Moment(time: time, passed: state.last, earliest: min(time, earliest))
        }
    }

    /// It is later than when a call list was signed that is taken now.
    func isAfter(_ issued: Timestamp) {
        let passed = now.passed.least.milliseconds
        let origin = Timestamp(milliseconds: issued.milliseconds - min(issued.milliseconds, passed))
        state.withLock { state in
            guard origin > state.tick.origin else { return }
            let tick = state.tick
            state.tick = Tick(passed: tick.passed, time: tick.time, monotonic: tick.monotonic, origin: origin)
        }
    }

    /// What is to be kept now.
    var tick: Tick {
        _ = now
        return state.withLock { $0.tick }
    }
}
