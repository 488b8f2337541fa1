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

    func lines(in style: Style) -> [String] {
        // The notice says whom it called at once.
        if case .timer(.released(step: 0, _), _) = fact.fact.what { return [] }
        return [text(in: style)]
    }

    private func text(in style: Style) -> String {
        let head = "\(style.time(fact.time)) \(fact.room.short)"
        let who = Sanitised.line(fact.senderName)
        switch fact.fact.what {
        case .event(let event): return text(of: event, head: head, who: who, in: style)
        case .statement(let statement, _): return "\(head) \(text(of: statement, who: who, in: style))"
        case .timer(let entry, _): return "\(head) \(text(of: entry, in: style))"
        case .lead(let word): return "\(head) \(text(of: word, who: who, in: style))"
        case .welcomeFailed:
            return "\(head) \(style.paint("NOT delivered", "31")) to \(who): device "
                + "\(fact.fact.author?.short ?? "") cannot open its invitation"
        }
    }

    private func text(of statement: PageStatement, who: String, in style: Style) -> String {
        switch statement.kind {
        case .ack: return "\(style.paint("acknowledged", "32")) by \(who)"
        case .unack(let digests):
            let whose = names(of: digests).filter { $0 != who }.map { ", of \($0)" }.joined()
            return "\(style.paint("acknowledgement taken back", "33")) by \(who)\(whose)"
        case .resolved:
            let waits = page?.status == .notSeconded ? ", not seconded" : ""
            return "\(style.paint("resolved", "32")) by \(who)\(waits)"
        case .reopen: return "\(style.paint("reopened", "33")) by \(who)"
        case .escalate: return "next step asked for by \(who)"
        case .fired: return "\(style.paint("fired again", "33")), says \(who)"
        case .read: return "read by \(who)"
        }
    }

    /// What the relay's timers did.
    private func text(of entry: TimerEntry, in style: Style) -> String {
        switch entry {
        case .released(let step, let persons):
            let devices = persons.map { page?.page?.plan.devices(of: $0) ?? [] }
            let names = devices.map { Sanitised.line(client.personName(ofDevices: $0)) }.joined(separator: ", ")
            return "step \(step + 1) released: \(names) called"
        case .skipped(let step): return "step \(step + 1) passed over: nobody is on call for it"
        case .rang: return "rung again: nobody has it"
        case .again: return "paged again: it is not over"
        case .alone: return "paged again: one person alone has it"
        case .void(let digests):
            return "acknowledgement void: \(names(of: digests).joined(separator: ", ")) is off the call list"
        case .ended(let how):
            switch how {
            case .resolved: return "\(style.paint("over", "32")): as many agree as must"
            case .sensor: return "\(style.paint("over", "32")): its sensor says so"
            case .horizon: return "over: its time has come"
            case .unseen: return "\(style.paint("over, and NOBODY acknowledged it", "31"))"
            }
        case .gone: return "closed"
        }
    }

    private func text(of word: LeadWord, who: String, in style: Style) -> String {
        switch word {
        case .noLead: return "no lead has written for 12 hours, says \(who)"
        case .taken: return "\(style.paint("lead taken", "33")) by \(who): no lead was left"
        case .removal(let devices):
            let names = devices.map { Sanitised.line(client.displayName(of: $0)) }.reduce(into: [String]()) {
                names, name in
                if !names.contains(name) { names.append(name) }
            }
            return
                "\(style.paint("removal asked for", "33")) by \(who), who took the lead: \(names.joined(separator: ", "))"
        }
    }

    private func names(of digests: [StatementDigest]) -> [String] {
        let named = Set(digests)
        return page?.page?.state.acknowledgements.filter { named.contains($0.digest) }.map {
            Sanitised.line(client.displayName(of: $0.device))
        } ?? []
    }

    private func text(of event: Event, head: String, who: String, in style: Style) -> String {
        switch event.content {
        case .page(let notice): return text(of: notice, tlp: event.tlp, head: head, who: who, in: style)
        case .pageRepeat(let again):
            return "\(head) again from \(who): \(style.severity(again.severity)) \(Sanitised.line(again.title))"
        case .resolve(let resolution):
            return "\(head) what came of it, by \(who): \(Sanitised.line(resolution.note))"
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
        for device in page.notDelivered {
            lines.append(
                "    NOT delivered to \(Sanitised.line(client.displayName(of: device))), device \(device.short)")
        }
        if page.status == .open { lines.append("    acknowledge: tocsin ack \(String(head.suffix(8)))") }
        return lines.joined(separator: "\n")
    }
}
