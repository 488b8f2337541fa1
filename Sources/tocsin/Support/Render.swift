import Client
import Escalation
import Foundation
import Incident
import RelayAPI
import Terms

/// How things look to a person, and as JSON.
struct Render {
    var colour = Terminal.usesColour
    var timeZone = TimeZone.current

    private func paint(_ text: String, _ code: String) -> String { colour ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text }

    func time(_ time: Timestamp?) -> String {
        guard let time else { return "-" }
        var style = Date.ISO8601FormatStyle(timeZone: timeZone)
        style = style.year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false)
            .timeZone(separator: .omitted)
        return time.date.formatted(style)
    }

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

    // MARK: Facts

    /// One thing said, as a person reads it.
    func fact(_ fact: ShownFact, page: PageState?, client: Client) -> String {
        let head = "\(time(fact.time)) \(fact.room.short)"
        let who = Sanitised.line(fact.senderName)
        switch fact.fact.what {
        case .event(let event): return self.event(event, head: head, who: who, page: page, client: client)
        case .acknowledged: return "\(head) \(paint("acknowledged", "32")) by \(who)"
        case .unacknowledged: return "\(head) \(paint("acknowledgement taken back", "33")) by \(who)"
        case .released(let step, let manual):
            let called = page.flatMap { $0.steps.dropFirst(step - 1).first?.plan.persons } ?? []
            let names = called.map { Sanitised.line(client.personName(ofDevices: $0)) }.joined(separator: ", ")
            let by = manual ? " by hand" : ""
            return "\(head) step \(step) released\(by): \(names.isEmpty ? "nobody" : names) called"
        }
    }

    private func event(_ event: Event, head: String, who: String, page: PageState?, client: Client) -> String {
        switch event.content {
        case .page(let notice):
            return self.notice(notice, event: event, head: head, who: who, page: page, client: client)
        case .pageRepeat(let again):
            return "\(head) again from \(who): \(severity(again.severity)) \(Sanitised.line(again.title))"
        case .resolve(let resolution):
            let note = resolution.note.isEmpty ? "" : ": \(Sanitised.line(resolution.note))"
            return "\(head) \(paint("resolved", "32")) by \(who)\(note)"
        case .incident(let opening):
            let origin = opening.page.map { " from page \($0.short)" } ?? ""
            return "\(head) \(tlp(event.tlp)) incident opened by \(who)\(origin): \(Sanitised.line(opening.title))"
        case .note(let note):
            let isLine = !note.text.contains(where: \.isNewline)
            return "\(head) \(tlp(event.tlp)) \(who):"
                + (isLine ? " \(Sanitised.line(note.text))" : "\n\(Sanitised.block(note.text))")
        case .file(let file):
            let name = Sanitised.line(file.name)
            return "\(head) \(tlp(event.tlp)) \(who) sent file \(name) (\(file.content.count) bytes)"
        case .unknown(let type):
            return "\(head) \(who) sent something of a later version (\(Sanitised.line(type)))"
        }
    }

    /// A page: who says what, who was called, who did not answer.
    private func notice(
        _ notice: PageNotice, event: Event, head: String, who: String, page: PageState?, client: Client
    ) -> String {
        var lines = [
            "\(head) \(notice.exercise ? "EXERCISE " : "")PAGE \(severity(notice.severity)) \(tlp(event.tlp)) from \(who)",
            "    \(Sanitised.line(notice.title))",
        ]
        if !notice.summary.isEmpty { lines.append(Sanitised.block(notice.summary)) }
        guard let page else { return lines.joined(separator: "\n") }
        for (index, step) in page.steps.enumerated() where step.released != nil {
            let silent = page.unanswered(inStep: index).map { Sanitised.line(client.personName(ofDevices: $0)) }
            let names = step.plan.persons.map { Sanitised.line(client.personName(ofDevices: $0)) }
            let called = names.isEmpty ? "nobody, passed over" : names.joined(separator: ", ")
            var line = "    step \(index + 1), \(time(step.released)): called \(called)"
            if index + 1 < page.steps.count, page.steps[index + 1].released != nil, !silent.isEmpty {
                line += "; no answer from \(silent.joined(separator: ", "))"
            }
            lines.append(line)
        }
        if page.status == .open { lines.append("    acknowledge: tocsin ack \(String(head.suffix(8)))") }
        return lines.joined(separator: "\n")
    }

    // MARK: JSON

    static func json(_ fact: ShownFact) -> [String: Any] {
        var value: [String: Any] = [
            "room": fact.room.description, "seq": fact.seq, "time_ms": fact.time.milliseconds, "from": fact.senderName,
        ]
        if let device = fact.fact.author { value["device"] = device.description }
        switch fact.fact.what {
        case .event(let event):
            value["type"] = event.content.type
            value["tlp"] = event.tlp.rawValue
            value["id"] = event.id.description
            switch event.content {
            case .page(let page):
                value["title"] = page.title
                value["summary"] = page.summary
                value["severity"] = page.severity.rawValue
                value["labels"] = page.labels
                value["exercise"] = page.exercise
            case .pageRepeat(let page):
                value["title"] = page.title
                value["severity"] = page.severity.rawValue
            case .resolve(let resolution): value["note"] = resolution.note
            case .incident(let opening):
                value["title"] = opening.title
                value["page"] = opening.page?.description ?? NSNull()
            case .note(let note): value["text"] = note.text
            case .file(let file):
                value["name"] = file.name
                value["bytes"] = file.content.count
            case .unknown: break
            }
        case .acknowledged: value["type"] = "ack"
        case .unacknowledged: value["type"] = "unack"
        case .released(let step, let manual):
            value["type"] = "release"
            value["step"] = step
            value["manual"] = manual
        }
        return value
    }

    static func json(_ room: RoomSummary) -> [String: Any] {
        var value: [String: Any] = [
            "room": room.id.description, "kind": room.kind == .page ? "page" : "incident", "title": room.title,
            "from": room.from, "unread": room.unread, "closed": room.closed,
        ]
        if let severity = room.severity { value["severity"] = severity.rawValue }
        if let status = room.status { value["status"] = status.rawValue }
        if let opened = room.opened { value["opened_ms"] = opened.milliseconds }
        return value
    }
}
