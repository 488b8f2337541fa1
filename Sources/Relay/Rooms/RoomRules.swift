import CallList
import Escalation
import RelayAPI
import Terms

/// What a room's creation and posts must look like: the rules that need no look at the database.
struct RoomRules: Sendable {
    let limits: RelayLimits
    /// Shifts that a step may name: enough for the 72 h that a page is open at most.
    private static let shiftsPerStep = 512

    /// - Throws: `requestTooLarge`, `malformedRequest`, `limitReached`.
    func check(_ post: EntryPost) throws(Problem) {
        let most =
            switch post.entryClass {
            case .commit: limits.commitBytes
            case .fault: min(limits.entryBytes, CommitFault.mostBytes)
            case .leadStatement: min(limits.entryBytes, LeadStatement.mostBytes)
            case .welcomeFailed: min(limits.entryBytes, WelcomeFailure.mostBytes)
            case .message, .statement, .timer: limits.entryBytes
            }
        guard post.payload.count <= most else { throw .tooLarge(most) }
        guard post.entryClass == .commit else {
            guard post.welcomes.isEmpty else { throw .malformed("only a commit brings Welcomes") }
            return
        }
        try check(commit: post)
    }

    private func check(commit post: EntryPost) throws(Problem) {
        let header = try post.header
        guard header.baseSeq == post.baseSeq, header.parent == post.parent else {
            throw .malformed("a commit's header names another place than its post")
        }
        guard header.leads?.count ?? 0 <= limits.membersPerRoom else {
            throw .limitReached("a room has at most \(limits.membersPerRoom) devices")
        }
        guard header.adds.count <= limits.membersPerRoom, header.removes.count <= limits.membersPerRoom else {
            throw .limitReached("a room has at most \(limits.membersPerRoom) devices")
        }
        guard header.statements.count <= CommitHeader.mostStatements else {
            throw .malformed("a commit carries at most \(CommitHeader.mostStatements) statements")
        }
        let (adds, removes) = (Set(header.adds), Set(header.removes))
        // Whom it removes and adds gets its place back [R8].
        guard adds.count == header.adds.count, removes.count == header.removes.count else {
            throw .malformed("a commit names a device twice")
        }
        let welcomed = post.welcomes.flatMap(\.devices)
        guard Set(welcomed) == adds, welcomed.count == adds.count, post.welcomes.allSatisfy({ !$0.devices.isEmpty })
        else { throw .malformed("each device that is added needs one Welcome") }
    }

    /// - Throws: as ``check(_:)-(EntryPost)``.
    func check(_ creation: RoomCreation, by maker: DeviceID) throws(Problem) {
        guard let first = creation.entries.first, first.entryClass == .commit,
            creation.entries.dropFirst().allSatisfy({ $0.entryClass == .message }), creation.entries.count <= 8
        else { throw .malformed("a room begins with a commit, and messages after it") }
        for post in creation.entries { try check(post) }
        guard creation.retention <= limits.retentionSeconds else {
            throw .limitReached("a log is kept for at most \(limits.retentionSeconds) s after the room's end")
        }
        switch creation.kind {
        case .incident:
            guard creation.steps.isEmpty, creation.horizon == 0, creation.close == 0,
                first.welcomes.allSatisfy({ $0.step == 0 })
            else {
                throw .malformed("an incident room has no steps and no horizon")
            }
        case .page: try check(page: creation, first: first, by: maker)
        }
    }

    private func check(page creation: RoomCreation, first: EntryPost, by maker: DeviceID) throws(Problem) {
        guard (1...CallListLimits.steps).contains(creation.steps.count), creation.horizon > 0,
            creation.horizon <= CallListLimits.horizonSeconds
        else { throw .malformed("a page has 1 to 32 steps and a horizon of at most 72 hours") }
        guard creation.close > 0 else { throw .malformed("at least one person must agree that a page is over") }
        let members = Set(first.welcomes.flatMap(\.devices) + [maker])
        for (index, step) in creation.steps.enumerated() {
            let called = step.persons.flatMap { $0 }
            guard called.count <= limits.membersPerRoom, Set(called).isSubset(of: members),
                step.persons.allSatisfy({ !$0.isEmpty }), index > 0 || step.delay == 0
            else { throw .malformed("a step calls devices that are not members, or the first one waits") }
            guard step.shifts.count <= Self.shiftsPerStep else {
                throw .limitReached("a step has at most \(Self.shiftsPerStep) shifts")
            }
        }
        guard first.welcomes.allSatisfy({ (1...creation.steps.count).contains(Int($0.step)) }) else {
            throw .malformed("a Welcome is for a step that is not there")
        }
    }
}
