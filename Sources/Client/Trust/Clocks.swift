import Foundation
import Synchronization
import Terms

/// This device's clock, and a relay's beside it. Either may be wrong by any time, so nothing rests on one of them alone: what ends
/// is over only when both say so [R18].
final class Clocks: Sendable {
    private let now: @Sendable () -> Date
    /// Seconds that this device's clock was found to be ahead of the relay's; nil where none was heard yet.
    private let lead = Mutex<TimeInterval?>(nil)
    /// The difference that a person was last told of.
    private let told = Mutex<TimeInterval?>(nil)

    init(now: @escaping @Sendable () -> Date) { self.now = now }

    /// A relay says what time it is.
    func heard(_ relay: Timestamp) {
        // A relay may say anything: one that lies by an age is believed to be off by two years, like any other by more.
        let ahead = min(max(now().timeIntervalSince(relay.date), -Self.farthest), Self.farthest)
        lead.withLock { $0 = ahead }
    }

    /// By how much this device's clock is ahead of a relay's, less than nothing where it is behind, once for each difference;
    /// nil where they go together.
    func differenceToTell() -> TimeInterval? {
        let difference = lead.withLock { $0 ?? 0 }
        return told.withLock { told in
            guard abs(difference) >= Self.noticed else {
                told = nil
                return nil
            }
            if let told, abs(difference - told) < Self.noticed { return nil }
            told = difference
            return difference
        }
    }

    /// Seconds by which `later` is after `earlier`; nil where that is not so, or by less than clocks differ.
    static func difference(from earlier: Timestamp, to later: Timestamp) -> TimeInterval? {
        let apart = later.date.timeIntervalSince(earlier.date)
        return apart >= noticed ? apart : nil
    }

    static func words(_ seconds: TimeInterval) -> String {
        switch seconds {
        case ..<7_200: "\(Int(seconds / 60)) min"
        case ..<172_800: "\(Int(seconds / 3_600)) h"
        default: "\(Int(seconds / 86_400)) d"
        }
    }

    /// Seconds: what is made by the relay's time must not outlive what anybody would wait for.
    private static let farthest: TimeInterval = 2 * 365 * 86_400

    /// Seconds: clocks differ by less, and nobody need hear of it.
    private static let noticed: TimeInterval = 300

    var isRelayHeard: Bool { lead.withLock { $0 != nil } }

    /// The earliest that it can be. Members judge by a relay's time [R1]: a clock that runs ahead of it would have this device
    /// remove somebody who for all others is still in.
    var earliest: Date { now().addingTimeInterval(-max(0, lead.withLock { $0 ?? 0 })) }

    /// What time it is at the relay, as far as that was heard.
    var relay: Date { now().addingTimeInterval(-lead.withLock { $0 ?? 0 }) }

    /// The latest that it can be.
    var latest: Date { now().addingTimeInterval(-min(0, lead.withLock { $0 ?? 0 })) }
}
