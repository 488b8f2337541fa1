import Foundation
import RelayAPI
import Synchronization

/// The time of a test's whole world: stands still until it is told to move.
final class TestClock: Sendable {
    private let time = Mutex(Date(timeIntervalSince1970: 1_798_761_600))  // 2027-01-01T00:00:00Z

    var now: Date { time.withLock { $0 } }

    func advance(seconds: TimeInterval) { time.withLock { $0 += seconds } }
    func advance(days: Double) { advance(seconds: days * 86_400) }
}
