import Client
import Escalation
import Incident
import Terms

/// One thing said in a room.
struct FactView: View {
    let fact: ShownFact
    /// Of the fact's room, where that is a page: the notice shows who was called. JSON has that in a room's view.
    var page: PageState?
    /// Knows the names.
    let client: Client

    func encode(to encoder: any Encoder) throws { try Fields(fact).encode(to: encoder) }

    func lines(in style: Style) -> [String] { [text(in: style)] }

    private func text(in style: Style) -> String {
        let head = "\(style.time(fact.time)) \(fact.room.short)"
        let who = Sanitised.line(fact.senderName)
        switch fact.fact.what {
        case .event(let event): return text(of: event, head: head, who: who, in: style)
        case .acknowledged: return "\(head) \(style.paint("acknowledged", "32")) by \(who)"
        case .unacknowledged: return "\(head) \(style.paint("acknowledgement taken back", "33")) by \(who)"
        case .released(let step, let manual):
            let called = page.flatMap { $0.steps.dropFirst(step - 1).first?.plan.persons } ?? []
            let names = called.map { Sanitised.line(client.personName(ofDevices: $0)) }.joined(separator: ", ")
            let by = manual ? " by hand" : ""
            return "\(head) step \(step) released\(by): \(names.isEmpty ? "nobody" : names) called"
        }
    }

    private func text(of event: Event, head: String, who: String, in style: Style) -> String {
        switch event.content {
        case .page(let notice): return text(of: notice, tlp: event.tlp, head: head, who: who, in: style)
        case .pageRepeat(let again):
            return "\(head) again from \(who): \(style.severity(again.severity)) \(Sanitised.line(again.title))"
        case .resolve(let resolution):
            let note = resolution.note.isEmpty ? "" : ": \(Sanitised.line(resolution.note))"
            return "\(head) \(style.paint("resolved", "32")) by \(who)\(note)"
        case .incident(let opening):
            let origin = opening.page.map { " from page \($0.short)" } ?? ""
            return
                "\(head) \(style.tlp(event.tlp)) incident opened by \(who)\(origin): \(Sanitised.line(opening.title))"
        case .note(let note):
            let isLine = !note.text.contains(where: \.isNewline)
            return "\(head) \(style.tlp(event.tlp)) \(who):"
                + (isLine ? " \(Sanitised.line(note.text))" : "\n\(Sanitised.block(note.text))")
        case .file(let file):
            let name = Sanitised.line(file.name)
            return "\(head) \(style.tlp(event.tlp)) \(who) sent file \(name) (\(file.content.count) bytes)"
        case .unknown(let type):
            return "\(head) \(who) sent something of a later version (\(Sanitised.line(type)))"
        }
    }

    /// A page: who says what, who was called, who did not answer.
    private func text(of notice: PageNotice, tlp: TLP, head: String, who: String, in style: Style) -> String {
        let mark = notice.exercise ? "EXERCISE " : ""
        var lines = [
            "\(head) \(mark)PAGE \(style.severity(notice.severity)) \(style.tlp(tlp)) from \(who)",
            "    \(Sanitised.line(notice.title))",
        ]
        if !notice.summary.isEmpty { lines.append(Sanitised.block(notice.summary)) }
        guard let page else { return lines.joined(separator: "\n") }
        for (index, step) in page.steps.enumerated() where step.released != nil {
            let silent = page.unanswered(inStep: index).map { Sanitised.line(client.personName(ofDevices: $0)) }
            let names = step.plan.persons.map { Sanitised.line(client.personName(ofDevices: $0)) }
            let called = names.isEmpty ? "nobody, passed over" : names.joined(separator: ", ")
            var line = "    step \(index + 1), \(style.time(step.released)): called \(called)"
            if index + 1 < page.steps.count, page.steps[index + 1].released != nil, !silent.isEmpty {
                line += "; no answer from \(silent.joined(separator: ", "))"
            }
            lines.append(line)
        }
        if page.status == .open { lines.append("    acknowledge: tocsin ack \(String(head.suffix(8)))") }
        return lines.joined(separator: "\n")
    }
}

extension FactView {
    /// What programs get: fields of all kinds of facts, those of other kinds left out.
    struct Fields: Encodable {
        let room: String
        let seq: UInt64
        let timeMs: UInt64
        let from: String
        let device: String?
        private(set) var type: String
        private(set) var tlp: String?
        private(set) var id: String?
        private(set) var title: String?
        private(set) var summary: String?
        private(set) var severity: String?
        private(set) var labels: [String: String]?
        private(set) var exercise: Bool?
        private(set) var note: String?
        private(set) var page: OrNull<String>?
        private(set) var text: String?
        private(set) var name: String?
        private(set) var bytes: Int?
        private(set) var step: Int?
        private(set) var manual: Bool?

        init(_ fact: ShownFact) {
            room = fact.room.description
            seq = fact.seq
            timeMs = fact.time.milliseconds
            from = fact.senderName
            device = fact.fact.author?.description
            switch fact.fact.what {
            case .event(let event):
                type = event.content.type
                tlp = event.tlp.rawValue
                id = event.id.description
                add(event.content)
            case .acknowledged: type = "ack"
            case .unacknowledged: type = "unack"
            case .released(let step, let manual):
                type = "release"
                self.step = step
                self.manual = manual
            }
        }

        private mutating func add(_ content: EventContent) {
            switch content {
            case .page(let notice):
                title = notice.title
                summary = notice.summary
                severity = notice.severity.rawValue
                labels = notice.labels
                exercise = notice.exercise
            case .pageRepeat(let again):
                title = again.title
                severity = again.severity.rawValue
            case .resolve(let resolution): note = resolution.note
            case .incident(let opening):
                title = opening.title
                page = OrNull(opening.page?.description)
            case .note(let said): text = said.text
            case .file(let file):
                name = file.name
                bytes = file.content.count
            case .unknown: break
            }
        }
    }
}
