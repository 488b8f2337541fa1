import Foundation
import Incident
import Terms

/// Something that was said in a room, verified, as the vault keeps it.
struct StoredFact: Codable, Sendable {
    enum Kind: String, Codable, Sendable { case event, ack, unack, release }
    let kind: Kind
    let author: DeviceID?
    let time: Timestamp
    var event: Event?
    var step: Int?
    var manual: Bool?
    /// What proves it to others: an AuthenticatedContent (RFC 9420 §6), or a signed statement.
    var evidence: Data?

    func logFact(seq: UInt64) -> LogFact? {
        let what: LogFact.What
        switch kind {
        case .event:
            guard let event else { return nil }
            what = .event(event)
        case .ack: what = .acknowledged
        case .unack: what = .unacknowledged
        case .release: what = .released(step: step ?? 0, manual: manual ?? false)
        }
        return LogFact(seq: seq, time: time, author: author, what: what)
    }
}
