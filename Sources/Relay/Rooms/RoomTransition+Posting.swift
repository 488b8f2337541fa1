import CallList
import Escalation
import RelayAPI
import Terms

extension RoomTransition {
    /// The order of checks: membership first, then whether the room is open, then the rules of the class.
    /// - Throws: why the post is refused.
    mutating func post(
        _ post: EntryPost, by device: Device, list: CallList, limits: RelayLimits
    ) throws(Problem) -> Accepted {
        try checkMember(device.id)
        guard !room.isClosed else { throw .roomClosed }
        let statement = try check(post, by: device)
        if post.closesRoom {
            guard post.entryClass == .message else { throw .malformed("only a message closes a room") }
            try checkCloser(device)
        }
        let entry = append(post.entryClass, payload: post.payload, poster: device.id)
        // Whoever a commit removes still gets the commit that says so.
        tell(.entry(room.room, entry, to: room.audience))
        if post.entryClass == .commit {
            let header = try post.header
            try Self.check(header.adds, on: list)
            if room.kind == .page { try Self.check(removes: header.removes, on: list, at: entry.time) }
            remove(header.removes, by: entry)
            try add(post.welcomes, by: entry, limits: limits)
            tell(.heads(to: header.adds))
        }
        if let statement {
            fold(statement, payload: post.payload)
            tell(.timers)
        }
        if post.closesRoom { close() }
        return Accepted(entry)
    }

    /// The rules of a post's class: [R3] for commits and messages, [R5] for sensors, [R11] for statements.
    private func check(_ post: EntryPost, by device: Device) throws(Problem) -> RelayAPI.Statement? {
        guard post.baseSeq <= room.log.seq else { throw .baseSequenceInvalid }
        switch post.entryClass {
        case .release: throw .malformed("only the relay writes releases")
        case .commit:
            guard device.kind == .person else { throw .sensorMayNotCommit }
            guard post.baseSeq >= room.log.commit else { throw .commitConflict(head: room.log.seq) }
            return nil
        case .message:
            guard post.baseSeq >= room.log.commit else { throw .commitConflict(head: room.log.seq) }
            return nil
        case .statement: return try statement(in: post, by: device)
        }
    }

    /// A statement that may be made: signed by its poster, a person's device, about this page.
    private func statement(in post: EntryPost, by device: Device) throws(Problem) -> RelayAPI.Statement {
        guard room.kind == .page else { throw .statementRefused("only pages are acknowledged") }
        guard device.kind == .person else { throw .statementRefused("a sensor cannot acknowledge") }
        guard let statement = try? RelayAPI.Statement(verifying: post.payload, by: device.mlsKey) else {
            throw .statementRefused("its signature does not verify")
        }
        guard statement.room == room.room, statement.device == device.id, statement.event == post.event else {
            throw .statementRefused("it is about something else")
        }
        return statement
    }

    static func check(_ adds: [DeviceID], on list: CallList) throws(Problem) {
        guard adds.allSatisfy({ list.device($0) != nil }) else { throw .memberNotListed }
    }

    /// A page's members are those whom it calls, now or later. A commit's header is only its author's word [R3], and what it
    /// says to remove loses its Welcome: so that nobody who was called can silence who is still to be, only those go whom
    /// the officers took off the list, or whose time is over.
    private static func check(removes: [DeviceID], on list: CallList, at time: Timestamp) throws(Problem) {
        guard removes.allSatisfy({ id in list.device(id).map { $0.expires <= time.date } ?? true }) else {
            throw .memberStillListed
        }
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

    /// Stops delivery to removed devices beyond the commit that removes them [R3].
    private mutating func remove(_ devices: [DeviceID], by entry: Entry) {
        var invited: [DeviceID] = []
        for device in devices {
            guard var member = room.named[device] else { continue }
            if member.welcomes > 0 { invited.append(device) }
            if member.removed == nil {
                member.removed = entry.seq
                member.settled = false
                room.memberCount -= 1
                change(.member(device, member))
            }
            member.welcomes = 0
            room.named[device] = member
        }
        if !invited.isEmpty { change(.dropWelcomes(of: invited)) }
        let gone = Set(devices)
        room.audience.removeAll(where: gone.contains)
        room.withheld.removeAll { gone.contains($0.device) }
    }
}
