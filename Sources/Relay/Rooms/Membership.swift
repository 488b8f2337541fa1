/// What a room knows of one device that is, or was, a member: which part of the log it may see.
struct Membership: Sendable, Hashable {
    /// The entry after which its log begins: the commit that added it, or 0 for who made the room.
    var joined: UInt64
    /// The commit that removed it, which is the last entry that it sees.
    var removed: UInt64?
    /// The step of the escalation plan that its Welcome is for.
    var step: Int
    /// Whether it was called: until then it sees nothing.
    var released: Bool
    /// Up to where it has said that it processed the log.
    var cursor: UInt64 = 0
    /// It knows all that will ever come for it: it said so after the room was closed, or after it was removed.
    var settled = false
    /// An earlier time as a member, whose end it has not seen yet: after which entry, up to which.
    var earlier: ClosedRange<UInt64>?
    /// How many Welcomes wait for it.
    var welcomes = 0
    /// Commits that it may still make here [R3].
    var budget = Budget()
    /// Faults that it may still post here, as many as anybody can give it reason for [R4], and statements about who leads [R6].
    var faultBudget = Budget()

    /// Welcomes that may wait for one device in one room.
    static let waitingWelcomes = 8

    var mayPost: Bool { released && removed == nil }

    /// As a member anew by the commit at `seq`. Whoever is one still, because no commit stands that has them out [R3], loses
    /// nothing by it, neither entries nor a call.
    func added(by seq: UInt64, step: Int, released isCalled: Bool) -> Membership {
        var next = self
        next.settled = false
        guard let removed else {
            next.released = released || isCalled
            return next
        }
        if released {
            // Of two earlier times the first whose end it has not seen counts: that end is what tells it.
            let isUnseen = earlier.map { $0.upperBound > cursor } ?? false
            if !isUnseen { next.earlier = joined <= removed ? joined...removed : nil }
        } else {
            next.earlier = nil
        }
        next.joined = seq
        next.removed = nil
        next.step = step
        next.released = isCalled
        return next
    }

    /// Out by the commit at `seq`, which is the last entry that it sees.
    func removed(by seq: UInt64) -> Membership {
        var next = self
        next.removed = seq
        next.settled = seq <= cursor
        next.welcomes = 0
        return next
    }

    /// It cannot use the Welcome of the commit at `seq`. Where nothing else waits for it, and it was never in by what added it, there is
    /// nothing to tell it of until it is added anew.
    mutating func fail(_ seq: UInt64) {
        welcomes = max(0, welcomes - 1)
        if welcomes == 0, joined == seq, cursor < joined, earlier == nil { settled = true }
    }

    /// In again by a commit that goes on from before its removal: it never was out for those who hold that one.
    func restored() -> Membership {
        var next = self
        next.removed = nil
        next.settled = false
        return next
    }

    /// Which entries come after `seq` for this device: who was removed and added again first gets the commit that removed
    /// it, because a client comes in anew only where the log shows that it was out.
    func window(after seq: UInt64, head: UInt64) -> (from: UInt64, through: UInt64) {
        if let earlier, removed == nil, seq < earlier.upperBound {
            return (max(seq, earlier.lowerBound), earlier.upperBound)
        }
        return (max(seq, joined), removed ?? head)
    }

    /// The device says that it processed the log up to `seq`, which is no later than the head.
    func processed(upTo seq: UInt64, head: UInt64, isOver: Bool) -> Membership {
        var next = self
        next.cursor = max(cursor, seq)
        next.settled = removed.map { $0 <= next.cursor } ?? (isOver && head <= next.cursor)
        return next
    }
}
