import Foundation
import Incident
import MLS
import RelayAPI
import Terms

/// Something that was sent, and is durable at the relay.
struct Sent: Sendable {
    /// How it was sent in the end.
    enum Way: Sendable, Hashable {
        case asAsked
        /// A repeat whose page was over, and that became a page of its own.
        case asPage
        /// An alert beyond the relay's budget, told in a page that was open already [R15].
        case inOpenPage
    }

    let room: RoomID
    let seq: UInt64
    let time: Timestamp
    var way = Way.asAsked
    /// Who has no key package at the relay.
    var unreachable: [DeviceID] = []
    /// Who was left out for want of clearance.
    var uncleared: [DeviceID] = []

    init(_ receipt: Receipt) {
        room = receipt.room
        seq = receipt.seq
        time = receipt.time
    }
}

/// What one try to send an item came to.
enum Attempt: Sendable {
    case settled(Verdict)
    /// The same is tried at once, as this item: another came first, or what it was made from has moved on.
    case again(OutboxItem, as: Sent.Way)
}

/// What sending an item came to.
enum Verdict: Sendable {
    case sent(Sent)
    /// It stays queued.
    case waits(ClientError)
    /// There is nothing to send any more, and nothing is wrong: it is queued no more.
    case needless(reason: String)
    /// It is queued no more, and its sender must know.
    case refused(ClientError)
}

extension Problem {
    /// Whether nothing is wrong with what was sent: the same may be taken later.
    var isPassing: Bool { ClientError(self).isPassing }
    /// Whether it says something about what was sent, and will be the same whenever it is sent.
    var isFinal: Bool { code != .deviceUnknown && !isPassing }
}
