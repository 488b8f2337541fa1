import CallList
import Escalation
import RelayAPI
import Terms

extension RoomTransition {
    /// The order of checks: membership first, then whether the room is open, then the rules of the class.
    /// - Throws: why the post is refused.
    mutating func post(
        _ post: EntryPost, by device: Device, lists: CallListsAtHand, limits: RelayLimits
    ) throws(Problem) -> Accepted {
        try checkMember(device.id)
        guard !room.isClosed else { throw .roomClosed }
        try check(post, by: device)
        switch post.entryClass {
        case .statement: return try state(post, by: device, list: lists.newest)
        case .fault: return try fault(post, by: device, limits: limits)
        case .leadStatement: return try leadStatement(post, by: device, limits: limits)
        case .welcomeFailed: return try fail(post, by: device, list: lists.newest)
        case .commit, .message, .timer: break
        }
        let commit = try judged(post, by: device, lists: lists, limits: limits)
        remove(room.ledger.write(in: post.parent, by: device.id))
        let entry = append(post.entryClass, payload: post.payload, poster: device.id)
        wrote(entry)
        // Whoever a commit removes still gets the commit that says so, and what else comes until it stands.
        tell(.entry(room.room, entry, to: room.audience))
        if let commit {
            take(entry, after: commit.view, commit.header)
            try add(post.welcomes, by: entry, limits: limits)
            tell(.heads(to: commit.header.adds))
        }
        return Accepted(entry)
    }

    /// The rules of a post's class: [R3] for commits and messages, [R5] for sensors.
    private func check(_ post: EntryPost, by device: Device) throws(Problem) {
        guard post.baseSeq <= room.log.seq else { throw .baseSequenceInvalid }
        switch post.entryClass {
        case .timer: throw .malformed("only the relay writes what its timers do")
        case .commit:
            guard device.kind == .person else { throw .sensorMayNotCommit }
            try checkPlace(of: post)
        case .message:
            // A tool's repeat would be read by nobody: it makes a page of its own.
            guard !room.hasEnded || device.kind == .person else { throw .roomClosed }
            try checkPlace(of: post)
        case .statement, .fault, .leadStatement, .welcomeFailed: break
        }
    }

    static func check(_ adds: [DeviceID], on list: CallList) throws(Problem) {
        guard adds.allSatisfy({ list.device($0) != nil }) else { throw .memberNotListed }
    }

    /// That its author knows of all commits, and writes in the epoch of one that was taken.
    private func checkPlace(of post: EntryPost) throws(Problem) {
        guard post.baseSeq >= room.log.commit else { throw .commitConflict(head: room.log.seq) }
        guard post.parent == room.ledger.stands || room.ledger.commits[post.parent] != nil else {
            throw .malformed("the commit in whose epoch it is written is not there")
        }
    }

    // MARK: Commits

    /// A commit's header, judged by what its parent left [R3]; nil where the post is none.
    private mutating func judged(
        _ post: EntryPost, by device: Device, lists: CallListsAtHand, limits: RelayLimits
    ) throws(Problem) -> (header: CommitHeader, view: RoomView)? {
        guard post.entryClass == .commit else { return nil }
        let header = try post.header
        guard let parent = room.ledger.commits[post.parent] else {
            throw .malformed("the commit in whose epoch it is written is not there")
        }
        // Whoever is off the newest list is let in nowhere, whatever list the room is pinned to.
        try Self.check(header.adds, on: lists.newest)
        try HeaderRules(
            header, of: room, after: parent.view, lists: lists, at: now.time
        ).check(header, by: device.id)
        guard var member = room.named[device.id] else { throw .notMember }
        if let seconds = member.budget.take(at: now.passed.most, limits.commitRate) { throw .tooManyCommits(seconds) }
        room.named[device.id] = member
        change(.member(device.id, member))
        return (header, parent.view)
    }

    /// Notes what a commit leaves that was found to keep the rules.
    mutating func take(_ entry: Entry, after view: RoomView, _ header: CommitHeader) {
        let taken = TakenCommit(
            seq: entry.seq, parent: header.parent, author: entry.poster, view: view.applying(header, by: entry.poster))
        let back = Set(room.ledger.take(taken)).subtracting(header.adds)
        change(.commit(taken))
        for device in back.sorted() { restore(device) }
    }

    // MARK: Members

    /// Makes members of a commit's joiners, and keeps their Welcomes.
    /// - Throws: `limitReached`, `malformedRequest` for a step that is not there.
    mutating func add(_ welcomes: [WelcomeDelivery], by entry: Entry, limits: RelayLimits) throws(Problem) {
        let steps = room.page?.plan.steps.count ?? 0
        for delivery in welcomes {
            let step = Int(delivery.step)
            guard step <= max(1, steps) else { throw .malformed("a Welcome is for a step that is not there") }
            change(.welcome(delivery.welcome, for: delivery.devices, at: entry))
            for device in delivery.devices { try add(device, step: step, by: entry) }
        }
        guard room.memberCount <= limits.membersPerRoom else {
            throw .limitReached("a room has at most \(limits.membersPerRoom) devices")
        }
    }

    private mutating func add(_ device: DeviceID, step: Int, by entry: Entry) throws(Problem) {
        let isCalled = room.page?.hasCalled(device, memberOf: step) ?? (step <= 1)
        let before = room.named[device]
        var member =
            before?.added(by: entry.seq, step: step, released: isCalled)
            ?? Membership(joined: entry.seq, step: step, released: isCalled)
        guard member.welcomes < Membership.waitingWelcomes else {
            throw .limitReached("too many Welcomes wait for a device that is to be added")
        }
        member.welcomes += 1
        room.named[device] = member
        if before == nil || before?.removed != nil { room.memberCount += 1 }
        change(.member(device, member))
        room.withheld.removeAll { $0.device == device }
        if member.released {
            if before?.mayPost != true { room.audience.append(device) }
            change(.call([device]))
        } else {
            room.withheld.append(.init(device: device, step: member.step))
        }
    }

    private mutating func restore(_ device: DeviceID) {
        guard let before = room.named[device], before.removed != nil else { return }
        let member = before.restored()
        room.named[device] = member
        room.memberCount += 1
        change(.member(device, member))
        if member.released {
            room.audience.append(device)
            tell(.heads(to: [device]))
        } else {
            room.withheld.append(.init(device: device, step: member.step))
        }
    }

    /// Stops delivery to who is out, now that the commit stands which removed them [R3].
    private mutating func remove(_ gone: [(device: DeviceID, removal: UInt64)]) {
        guard !gone.isEmpty else { return }
        var invited: [DeviceID] = []
        for (device, removal) in gone {
            guard let member = room.named[device], member.removed == nil else { continue }
            if member.welcomes > 0 { invited.append(device) }
            let next = member.removed(by: removal)
            room.named[device] = next
            room.memberCount -= 1
            change(.member(device, next))
        }
        if !invited.isEmpty { change(.dropWelcomes(of: invited)) }
        let devices = Set(gone.map(\.device))
        room.audience.removeAll(where: devices.contains)
        room.withheld.removeAll { devices.contains($0.device) }
    }
}
