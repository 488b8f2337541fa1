import Escalation
import Foundation
import RelayAPI
import SQLite
import Terms
import WireFormat

/// A room as this engine finds it again.
struct StoredRoom {
    let id: Int64
    let facts: RoomFacts

    private static let columns =
        """
        id, room, kind, head, head_time, chain, last_commit, closed_at, released_steps, creator, created_most,
            stands, ended, created_least, ahead
        """

    // MARK: Finding

    /// A room with nothing of its members.
    static func find(_ room: RoomID, in db: Connection) throws -> StoredRoom? {
        try db.first("SELECT \(columns) FROM rooms WHERE room = ?", [room]) { try StoredRoom($0) }
    }

    /// A room with what a change needs.
    /// - Throws: `roomUnknown`.
    static func find(_ room: RoomID, _ scope: RoomScope, in db: Connection) throws -> StoredRoom {
        guard let found = try find(room, in: db) else { throw Problem.roomUnknown }
        return try found.loading(scope, in: db)
    }

    static func find(id: Int64, _ scope: RoomScope, in db: Connection) throws -> StoredRoom? {
        try db.first("SELECT \(columns) FROM rooms WHERE id = ?", [id]) { try StoredRoom($0) }?
            .loading(scope, in: db)
    }

    init(id: Int64, facts: RoomFacts) {
        self.id = id
        self.facts = facts
    }

    private init(_ row: Row) throws {
        guard let kind = UInt8(exactly: try row.unsigned(2)).flatMap({ RoomKind(rawValue: $0) }) else {
            throw SQLiteError.damaged
        }
        id = try row.integer(0)
        facts = RoomFacts(
            room: try row.identifier(1), kind: kind, creator: try row.identifier(9),
            created: Readings(most: try row.elapsed(10), least: try row.elapsed(13)),
            ahead: try row.elapsed(14),
            log: LogHead(
                seq: try row.unsigned(3), time: try row.time(4), chain: try row.bytes(5),
                commit: try row.unsigned(6)),
            hasEnded: try row.flag(12), isClosed: try !row.isNull(7), releasedSteps: try row.count(8),
            ledger: CommitLedger(stands: try row.unsigned(11)))
    }

    // MARK: Loading

    func loading(_ scope: RoomScope, in db: Connection) throws -> StoredRoom {
        var facts = facts
        facts.audience = try db.rows(Self.audienceQuery, [id]).map { try $0.identifier(0) }
        facts.ledger.commits = try commits(scope, in: db)
        if scope.commits {
            facts.faulters = Set(
                try db.rows("SELECT DISTINCT device FROM faults WHERE room = ?", [id]).map { try $0.identifier(0) })
        }
        if scope.written { facts.written = try written(in: db) }
        if let fault = scope.fault { facts.faulted = try commit(fault.commit, faultedBy: fault.device, in: db) }
        if let failed = scope.failed { facts.failed = try welcome(of: failed.commit, for: failed.device, in: db) }
        for device in scope.named.union(facts.ledger.contested(from: scope.parent ?? 0)) {
            facts.named[device] = try membership(of: device, in: db)
        }
        if scope.members {
            facts.memberCount = Int(
                try db.number("SELECT count(*) FROM members WHERE room = ? AND removed IS NULL", [id]) ?? 0)
        }
        if scope.page, facts.kind == .page, !facts.isClosed {
            facts.page = try page(in: db)
            facts.withheld = try db.rows(
                "SELECT device, step FROM members WHERE room = ? AND NOT released AND removed IS NULL", [id]
            ).map { RoomFacts.Withheld(device: try $0.identifier(0), step: try $0.count(1)) }
        }
        return StoredRoom(id: id, facts: facts)
    }

    static let audienceQuery = "SELECT device FROM members WHERE room = ? AND released AND removed IS NULL"

    func membership(of device: DeviceID, in db: Connection) throws -> Membership? {
        try db.first(
            """
            SELECT joined, removed, step, released, cursor, settled, earlier_joined, earlier_removed, commits_full_at,
                faults_full_at,
                (SELECT count(*) FROM welcomes WHERE room = ?1 AND device = ?2)
            FROM members WHERE room = ?1 AND device = ?2
            """, [id, device]
        ) { row in
            var earlier: ClosedRange<UInt64>?
            if try !row.isNull(6), try row.unsigned(6) <= row.unsigned(7) {
                earlier = try row.unsigned(6)...row.unsigned(7)
            }
            return Membership(
                joined: try row.unsigned(0), removed: try row.optional(1) { $0.unsigned }, step: try row.count(2),
                released: try row.flag(3), cursor: try row.unsigned(4), settled: try row.flag(5), earlier: earlier,
                welcomes: try row.count(10), budget: Budget(fullAt: try row.elapsed(8)),
                faultBudget: Budget(fullAt: try row.elapsed(9)))
        }
    }

    /// When devices last wrote, those that left too.
    private func written(in db: Connection) throws -> [DeviceID: Timestamp] {
        let rows = try db.rows(
            "SELECT device, wrote FROM members WHERE room = ? AND wrote IS NOT NULL", [id]
        ).map { (try $0.identifier(0) as DeviceID, try $0.time(1)) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    // MARK: Commits

    static let commitsQuery = "SELECT seq, parent, author, pin, view FROM commits WHERE room = ? AND seq >= ?"
    static let commitQuery = "SELECT seq, parent, author, pin, view FROM commits WHERE room = ? AND seq = ?"

    /// The commit in whose epoch something is written; and, where all are asked for or that one may come to stand by it,
    /// all from the one that stands.
    private func commits(_ scope: RoomScope, in db: Connection) throws -> [UInt64: TakenCommit] {
        guard let parent = scope.parent, let parentSeq = Int64(exactly: parent) else { return [:] }
        let stands = facts.ledger.stands
        var rows: [Row] = []
        if scope.commits || parent > stands { rows = try db.rows(Self.commitsQuery, [id, stands]) }
        if parent < stands { rows += try db.rows(Self.commitQuery, [id, parentSeq]) }
        var people: [Int64: [UInt8]] = [:]
        var commits: [UInt64: TakenCommit] = [:]
        for row in rows {
            let view = try row.integer(4)
            if people[view] == nil { people[view] = try self.people(of: view, in: db) }
            guard let bytes = people[view], let read = try? RoomView(people: bytes, pin: try row.unsigned(3)) else {
                throw SQLiteError.damaged
            }
            let seq = try row.unsigned(0)
            commits[seq] = TakenCommit(
                seq: seq, parent: try row.unsigned(1), author: try row.identifier(2), view: read)
        }
        return commits
    }

    static let faultedQuery = """
        SELECT commits.author, entries.payload,
            EXISTS (SELECT 1 FROM faults WHERE room = ?1 AND device = ?3 AND commit_seq = ?2)
        FROM commits JOIN entries ON entries.room = commits.room AND entries.seq = commits.seq
        WHERE commits.room = ?1 AND commits.seq = ?2
        """

    /// A commit that a device says it cannot use; nil where the room has none of that number.
    private func commit(_ seq: UInt64, faultedBy device: DeviceID, in db: Connection) throws -> RoomFacts.Faulted? {
        guard let stored = Int64(exactly: seq) else { return nil }
        return try db.first(Self.faultedQuery, [id, stored, device]) { row in
            RoomFacts.Faulted(
                seq: seq, author: try row.identifier(0), digest: CommitFault.digest(of: try row.bytes(1)),
                isFaulted: try row.flag(2))
        }
    }

    static let failedQuery = """
        SELECT welcome_bodies.body FROM welcomes JOIN welcome_bodies ON welcome_bodies.id = welcomes.body
        WHERE welcomes.room = ? AND welcomes.device = ? AND welcomes.seq = ? AND welcomes.place IS NOT NULL
        """

    /// A Welcome that waits for a device that was called; nil where none of that commit does.
    private func welcome(
        of commit: UInt64, for device: DeviceID, in db: Connection
    ) throws -> RoomFacts.FailedWelcome? {
        guard let stored = Int64(exactly: commit) else { return nil }
        return try db.first(Self.failedQuery, [id, device, stored]) { row in
            RoomFacts.FailedWelcome(commit: commit, digest: WelcomeFailure.digest(of: try row.bytes(0)))
        }
    }

    private func people(of view: Int64, in db: Connection) throws -> [UInt8] {
        guard let row = try db.row("SELECT people FROM views WHERE id = ?", [view]) else { throw SQLiteError.damaged }
        return try row.bytes(0)
    }

    private func page(in db: Connection) throws -> Page? {
        guard let row = try db.row("SELECT plan, state FROM pages WHERE room = ?", [id]) else { return nil }
        guard let plan = try? Plan(decoding: try row.bytes(0)), let state = try? State(decoding: try row.bytes(1)),
            let page = Page(plan, state: state)
        else { throw SQLiteError.damaged }
        return page
    }
}

extension Elapsed: Bindable {
    var bound: BoundValue { milliseconds.bound }
}

extension Row {
    func elapsed(_ column: Column) throws -> Elapsed { Elapsed(milliseconds: try unsigned(column)) }
}
