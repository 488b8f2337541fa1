import Client
import Terms

/// What became of something that was sent.
struct DeliveryView: View {
    private let what: String
    private let state: String
    private let seq: UInt64?
    private let timeMs: UInt64?
    /// Why it only waits, or why there was nothing to send.
    private let reason: String?
    private let room: String?
    private let unreachable: [String]?
    private let uncleared: [String]?

    /// - Parameter what: what was done, for a person.
    init(_ delivery: Delivery, what: String) { self.init(delivery, what: what, posted: nil) }

    /// A room that was made, or a repeat in one.
    init(_ posted: Posted, what: String) {
        self.init(posted.delivery, what: "\(what) \(posted.room.short)", posted: posted)
    }

    private init(_ delivery: Delivery, what: String, posted: Posted?) {
        self.what = what
        switch delivery {
        case .accepted(let seq, let time): (state, self.seq, timeMs, reason) = ("accepted", seq, time.milliseconds, nil)
        case .queued(let reason): (state, seq, timeMs, self.reason) = ("queued", nil, nil, reason)
        case .needless(let reason): (state, seq, timeMs, self.reason) = ("needless", nil, nil, reason)
        }
        room = posted?.room.description
        unreachable = posted?.unreachable
        uncleared = posted?.uncleared
    }

    func lines(in style: Style) -> [String] {
        switch state {
        case "accepted": ["\(what): accepted by the relay"]
        case "needless": ["nothing was sent: \(reason ?? "")"]
        default: ["\(what): \(state)"]
        }
    }

    private enum CodingKeys: CodingKey { case state, seq, timeMs, reason, room, unreachable, uncleared }
}

/// What was done that has no place in a room's log.
struct DoneView: View {
    let state: String
    var room: String?
    let text: String

    static let nothingToResolve = DoneView(
        state: "nothing to resolve", text: "no such page is open, or it waits for people already")

    func lines(in style: Style) -> [String] { [text] }

    private enum CodingKeys: CodingKey { case state, room }
}
