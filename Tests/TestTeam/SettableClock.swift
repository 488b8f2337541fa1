package import Foundation
import Synchronization
package import Terms

/// The time of a test's whole world: it stands still until it is told to move.
package final class SettableClock: Sendable {
    /// When every test begins: 2027-01-01T00:00:00Z.
    package static let start = Timestamp(milliseconds: 1_798_761_600_000)

    private let time: Mutex<Timestamp>

    package init(at start: Timestamp = SettableClock.start) { time = Mutex(start) }

    package var now: Timestamp { time.withLock { $0 } }
    package var date: Date { now.date }

    /// Also back, where `seconds` is less than nothing.
    package func advance(seconds: Double) {
        time.withLock {
            $0 = Timestamp(milliseconds: UInt64(Int64($0.milliseconds) + Int64(seconds * 1000)))
        }
    }

    package func advance(days: Double) { advance(seconds: days * 86_400) }
}
