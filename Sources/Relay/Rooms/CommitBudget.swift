import RelayAPI
import Terms

/// How many commits a device may still make in a room: some at once, and then one in a while [R3]. It is kept with the
/// membership, so that no restart fills it.
struct CommitBudget: Sendable, Hashable {
    /// By the relay's clock: when it is full again.
    var fullAt = Timestamp(milliseconds: 0)

    /// One commit less.
    /// - Throws: `rateLimited`.
    mutating func take(at now: Timestamp, limits: RelayLimits) throws(Problem) {
        let each = UInt64(limits.commitSeconds * 1000)
        let room = each.multipliedReportingOverflow(by: UInt64(limits.commitBurst)).partialValue
        let latest = now.adding(milliseconds: room)
        // Later than that it can only be where the clock has gone back: nobody is kept out for that.
        let since = fullAt > latest ? now : max(fullAt, now)
        let next = since.adding(milliseconds: each)
        guard next <= latest else {
            throw .tooManyCommits(Int((next.milliseconds - latest.milliseconds + 999) / 1000))
        }
        fullAt = next
    }
}

extension Timestamp {
    /// So many milliseconds later; the end of time where that lies beyond it.
    fileprivate func adding(milliseconds added: UInt64) -> Timestamp {
        let (later, isBeyond) = milliseconds.addingReportingOverflow(added)
        return Timestamp(milliseconds: isBeyond ? .max : later)
    }
}
