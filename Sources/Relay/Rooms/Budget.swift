import Escalation

/// How often something may still be done: some times at once, and then once in a while. It is kept with what it limits, so that
/// no restart fills it.
struct Budget: Sendable, Hashable {
    /// How many at once, and seconds until one more.
    struct Rate: Sendable {
        let burst: Int
        let seconds: Double
    }

    /// When it is full again, by the most that can have passed at the relay.
    var fullAt = Elapsed.zero

    /// One less.
    /// - Returns: nil where it was taken; else in how many seconds there is one.
    mutating func take(at now: Elapsed, _ rate: Rate) -> Int? {
        let each = UInt64(rate.seconds * 1000)
        let (room, isTooMuch) = each.multipliedReportingOverflow(by: UInt64(rate.burst))
        let latest = now + Elapsed(milliseconds: isTooMuch ? .max : room)
        let next = max(fullAt, now) + Elapsed(milliseconds: each)
        guard next <= latest else { return Int(clamping: (next.milliseconds - latest.milliseconds + 999) / 1000) }
        fullAt = next
        return nil
    }
}

extension RelayLimits {
    /// Of commits by one device in one room [R3].
    var commitRate: Budget.Rate { Budget.Rate(burst: commitBurst, seconds: commitSeconds) }
    /// Of one device's key packages by one who claims them [R14].
    var claimRate: Budget.Rate { Budget.Rate(burst: claimBurst, seconds: claimSeconds) }
}
