import CallList
import Client

/// A call list that came in force, for a person: whatever they asked for, they are told.
struct CallListNewsView {
    private let news: CallListNews

    init(_ news: CallListNews) { self.news = news }

    var lines: [String] {
        ["call list \(news.version) is in force"] + news.changes.changes.map(\.line)
    }
}
