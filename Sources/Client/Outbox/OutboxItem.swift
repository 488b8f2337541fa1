import Foundation
import Incident
import Terms

/// Something to be sent, kept until a relay said that it is durable there.
struct OutboxItem: Sendable {
    let id: Int64
    let event: EventID
    let room: RoomID
    var content: OutboxContent
}

enum OutboxContent: Codable, Sendable {
    /// A room to be made. `built` once its key packages were claimed and its first entries encrypted.
    case creation(RoomDraft, built: BuiltRoom?)
    /// An event, and how it was last encrypted.
    case message(EventDraft, encrypted: EncryptedEvent?)
    /// A signed statement, as it goes on the wire.
    /// - `alert`: of a sensor's page that fired again: a page of its own where its room cannot go on.
    case statement(Data, alert: PageDraft?)
    /// A signed ``RelayAPI/CommitFault``, as it goes on the wire.
    case fault(Data)
    /// A signed ``RelayAPI/LeadStatement``, as it goes on the wire.
    case leadStatement(Data)
    /// A message without content, in the epoch of a commit that somebody faulted [R4]; and how it was last encrypted.
    case goingOn(EncryptedEvent?)

    /// Whether it goes before what people say, which may wait for it.
    var goesFirst: Bool {
        switch self {
        case .fault, .leadStatement, .goingOn: true
        case .creation, .message, .statement: false
        }
    }

    var kind: String {
        switch self {
        case .creation: "creation"
        case .message: "message"
        case .statement: "statement"
        case .fault: "fault"
        case .leadStatement: "leadStatement"
        case .goingOn: "goingOn"
        }
    }
}

/// What is to be said; where the log stands is added at encryption.
struct EventDraft: Codable, Sendable {
    let id: EventID
    let at: Timestamp
    let tlp: TLP
    /// An ``Event`` in JSON whose `seen` and `calllist` are still to be filled in.
    let template: Data
    /// The alert that this repeats: it becomes a page of its own where its room cannot take it any more.
    var alert: PageDraft?
}

/// One encryption of an event: valid for one epoch.
struct EncryptedEvent: Codable, Sendable {
    /// The members' chain at the epoch's start: a number alone would not tell a fork or a second life of the room apart.
    let epoch: Data
    let payload: Data
}
