package import Foundation
package import Platform
import Synchronization
package import Terms

/// The time of a test's whole world: it stands still until it is told to move. A wall clock, and one that nobody sets.
package final class SettableClock: Sendable {
    /// When every test begins: 2027-01-01T00:00:00Z.
    package static let start = Timestamp(milliseconds: 1_798_761_600_000)

    private struct State {
        var time: Timestamp
        var boot: UInt8 = 1
        var steady: UInt64 = 0
    }

    private let state: Mutex<State>

    package init(at start: Timestamp = SettableClock.start) { state = Mutex(State(time: start)) }

    package var now: Timestamp { state.withLock { $0.time } }
    package var date: Date { now.date }
    package var monotonic: MonotonicTime {
        state.withLock { MonotonicTime(boot: [UInt8](repeating: $0.boot, count: 16), milliseconds: $0.steady) }
    }

    /// Time goes by. Where `seconds` is less than nothing, the wall clock is set back.
    package func advance(seconds: Double) {
        set(seconds: seconds)
        state.withLock { $0.steady += UInt64(max(0, seconds * 1000)) }
    }

    /// The wall clock is set, while no time goes by.
    package func set(seconds: Double) {
        state.withLock {
            $0.time = Timestamp(milliseconds: UInt64(Int64($0.time.milliseconds) + Int64(seconds * 1000)))
        }
    }

    /// The machine is started again: nothing is left of the clock that nobody sets.
    package func reboot() {
        state.withLock {
            $0.boot += 1
            $0.steady = 0
        }
    }

    package func advance(days: Double) { advance(seconds: days * 86_400) }
}
