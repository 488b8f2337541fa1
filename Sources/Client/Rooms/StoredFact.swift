import Escalation
import Foundation
import Incident
import RelayAPI
import Terms
import WireFormat

/// Something that was said in a room, verified, as the vault keeps it.
struct StoredFact: Codable, Sendable {
    enum Kind: String, Codable, Sendable { case event, statement, timer, lead, welcomeFailed }
    let kind: Kind
    let author: DeviceID?
    let time: Timestamp
    var event: Event?
    var statement: Statement?
    /// Of a statement: what it is known by.
    var digest: Data?
    /// Of a timer: a ``Escalation/TimerEntry``, encoded.
    var timer: Data?
    /// About who leads the room.
    var lead: LeadWord?
    /// The relay's readings of time, encoded: of a statement and of a timer.
    var readings: Data?
    /// Of a failed Welcome: the number of the commit that it came with.
    var commit: UInt64?
    /// What proves it to others: an AuthenticatedContent (RFC 9420 §6), a signed statement, a commit with its header, or the relay's
    /// signed entry.
    var evidence: Data?

    func logFact(seq: UInt64) -> LogFact? {
        let what: LogFact.What
        switch kind {
        case .event:
            guard let event else { return nil }
            what = .event(event)
        case .statement:
            guard let statement, let digest = digest.flatMap({ StatementDigest([UInt8]($0)) }), let at else {
                return nil
            }
            what = .statement(
                PageStatement(
                    statement.kind.folded, digest: digest, device: statement.device, room: statement.room), at)
        case .timer:
            guard let entry = timer.flatMap({ try? TimerEntry(decoding: [UInt8]($0)) }), let at else { return nil }
            what = .timer(entry, at)
        case .lead:
            guard let lead else { return nil }
            what = .lead(lead)
        case .welcomeFailed:
            guard let commit else { return nil }
            what = .welcomeFailed(commit: commit)
        }
        return LogFact(seq: seq, time: time, author: author, what: what)
    }

    private var at: Readings? { readings.flatMap { try? Readings(decoding: [UInt8]($0)) } }
}

extension StoredFact {
    /// A statement in the log.
    init(_ said: VerifiedStatement, stamped: StampedStatement, time: Timestamp) {
        self.init(kind: .statement, author: said.statement.device, time: time)
        statement = said.statement
        digest = Data(said.digest.bytes)
        readings = Data(stamped.readings.encoded)
        evidence = Data(stamped.envelope)
    }

    /// A device was not reached.
    init(_ failure: WelcomeFailure, time: Timestamp, evidence: [UInt8]) {
        self.init(kind: .welcomeFailed, author: failure.device, time: time)
        commit = failure.commit
        self.evidence = Data(evidence)
    }

    /// What the relay's timers did.
    init(_ entry: SignedTimerEntry, time: Timestamp) {
        self.init(kind: .timer, author: nil, time: time)
        timer = Data(entry.entry.encoded)
        readings = Data(entry.readings.encoded)
        evidence = Data(entry.encoded)
    }
}
