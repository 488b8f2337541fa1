import Foundation
import Incident
import Terms

/// How times and labels look to a person.
struct Style {
    var colour = Terminal.usesColour
    var timeZone = TimeZone.current

    /// Before the word ALARM, which it repeats.
    var alarmMark = Terminal.usesSymbols ? "▲" : "!!"

    func paint(_ text: String, _ code: String) -> String { colour ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text }

    func time(_ time: Timestamp?) -> String {
        guard let time else { return "-" }
        var style = Date.ISO8601FormatStyle(timeZone: timeZone)
        style = style.year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false)
            .timeZone(separator: .omitted)
        return time.date.formatted(style)
    }

    /// Of a document: as it stands there.
    func date(_ date: Date) -> String { date.formatted(Date.ISO8601FormatStyle()) }

    func severity(_ severity: Severity) -> String {
        let text = severity.rawValue.uppercased()
        switch severity {
        case .critical: return paint(text, "1;97;41")
        case .high: return paint(text, "1;31")
        case .medium: return paint(text, "33")
        case .low, .info: return text
        }
    }

    /// In the colours that TLP 2.0 gives its labels.
    func tlp(_ tlp: TLP) -> String {
        let text = "TLP:\(tlp.rawValue)"
        switch tlp {
        case .red: return paint(text, "1;31;40")
        case .amber, .amberStrict: return paint(text, "1;33;40")
        case .green: return paint(text, "1;32;40")
        case .clear: return paint(text, "1;97;40")
        }
    }
}

extension RoomKind {
    /// On screens and in JSON.
    var word: String {
        switch self {
        case .page: "page"
        case .incident: "incident"
        }
    }
}
