import CallList
import Client
import Incident
import Terms

/// Something that `watch` tells: what was said, or how the connection stands.
struct WatchView: View {
    private let event: WatchEvent
    private let page: PageState?
    private let client: Client

    /// - Parameter page: of a fact's room, where that is a page.
    init(_ event: WatchEvent, page: PageState?, client: Client) {
        (self.event, self.page, self.client) = (event, page, client)
    }

    /// What was said, and who is on the team now. The rest is talk: ``note``.
    func lines(in style: Style) -> [String] {
        if case .callList(let news) = event { return CallListNewsView(news).lines }
        guard case .fact(_, let fact) = event else { return [] }
        return FactView(fact: fact, page: page, client: client).lines(in: style)
    }

    /// For a person, beside the data; a failure is thrown, and so told.
    var note: String? {
        switch event {
        case .connected: "connected"
        case .disconnected(let reason): "disconnected: \(reason)"
        case .alarm(let alarm): AlarmWords(alarm, client).note
        case .revoked(let reason): reason
        case .failed, .fact, .callList: nil
        }
    }

    private struct Fields: Encodable {
        let event: String
        var kind, reason: String?
        var version: UInt64?
        var changes: [String]?
    }

    func encode(to encoder: any Encoder) throws {
        let fields: Fields
        switch event {
        case .connected: fields = Fields(event: "connected")
        case .disconnected(let reason): fields = Fields(event: "disconnected", reason: reason)
        case .alarm(let alarm):
            try AlarmView(alarm, client).encode(to: encoder)
            fields = Fields(event: "alarm")
        case .revoked(let reason): fields = Fields(event: "revoked", reason: reason)
        case .callList(let news):
            fields = Fields(event: "calllist", version: news.version, changes: news.changes.changes.map(\.line))
        case .failed(let error): fields = Fields(event: "failed", reason: error.reason)
        case .fact(let room, let fact):
            try FactView.Fields(fact).encode(to: encoder)
            fields = Fields(event: "fact", kind: room.kind.word)
        }
        try fields.encode(to: encoder)
    }
}
