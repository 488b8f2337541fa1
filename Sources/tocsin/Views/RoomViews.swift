import Client
import Escalation
import Incident
import Terms

/// A room in the inbox: one line.
struct RoomSummaryView: View {
    private let summary: RoomSummary

    init(_ summary: RoomSummary) { self.summary = summary }

    func lines(in style: Style) -> [String] {
        let state = summary.closed ? "closed" : summary.status?.rawValue ?? "open"
        let severity = summary.severity.map { " \(style.severity($0))" } ?? ""
        let unread = summary.unread > 0 ? " (\(summary.unread) new)" : ""
        return [
            "\(summary.id.short) \(style.time(summary.opened)) \(summary.kind.word) \(state)\(severity) "
                + "\(Sanitised.line(summary.title)), from \(Sanitised.line(summary.from))\(unread)"
        ]
    }

    private struct Fields: Encodable {
        let room, kind, title, from: String
        let unread: Int
        let closed: Bool
        let severity, status: String?
        let openedMs: UInt64?
    }

    func encode(to encoder: any Encoder) throws {
        try Fields(
            room: summary.id.description, kind: summary.kind.word, title: summary.title, from: summary.from,
            unread: summary.unread, closed: summary.closed, severity: summary.severity?.rawValue,
            status: summary.status?.rawValue, openedMs: summary.opened?.milliseconds
        ).encode(to: encoder)
    }
}

/// All about a room but what was said: its state, a page's steps and who has it, and who is in it.
struct RoomView: View {
    private let detail: RoomDetail
    private let client: Client

    /// - Parameter client: knows the names.
    init(_ detail: RoomDetail, client: Client) {
        self.detail = detail
        self.client = client
    }

    func lines(in style: Style) -> [String] {
        var lines = ["\(detail.kind.word) \(detail.id) \(detail.closed ? "closed" : "open")"]
        if let ceiling = detail.tlpCeiling, let version = detail.callListVersion, let epoch = detail.epoch {
            lines.append("up to \(style.tlp(ceiling)), call list \(version), epoch \(epoch)")
        }
        if let page = detail.page {
            for (index, step) in page.steps.enumerated() {
                let names = step.plan.persons.map { Sanitised.line(client.personName(ofDevices: $0)) }
                let state =
                    step.released.map { "called \(style.time($0))" }
                    ?? (step.isSkipped ? "passed over" : "not called yet")
                lines.append("step \(index + 1): \(names.joined(separator: ", ")) (\(state))")
            }
            for acknowledgement in page.acknowledgements {
                let name = Sanitised.line(client.displayName(of: acknowledgement.device))
                let closes = acknowledgement.closes ? "resolved" : "acknowledged"
                lines.append("\(closes) by \(name), \(style.time(acknowledgement.time))")
            }
            for note in page.notes {
                let name = Sanitised.line(client.displayName(of: note.author))
                lines.append("what came of it, by \(name): \(Sanitised.line(note.resolution.note))")
            }
            if page.status.isOver { lines.append("\(page.status.rawValue), \(style.time(page.end?.time))") }
        }
        for device in detail.notDelivered {
            let name = Sanitised.line(client.displayName(of: device))
            lines.append("NOT delivered to \(name): device \(device.short) cannot open its invitation")
        }
        return lines + detail.members.map(line)
    }

    private func line(_ member: RoomMember) -> String {
        let title = member.title.map { ", \(Sanitised.line($0))" } ?? ""
        let marks =
            (member.isLead ? " [lead]" : "") + (member.tookLead ? " [took the lead]" : "")
            + (member.isSelf ? " [this device]" : "")
        return "\(member.device.short)  \(Sanitised.line(member.name))\(title)\(marks)"
    }

    private struct Member: Encodable {
        let device, name: String
        let lead, tookLead, `self`: Bool
    }

    private struct Step: Encodable {
        let persons: [String]
        let releasedMs: OrNull<UInt64>
    }

    private struct Fields: Encodable {
        let room, kind: String
        let closed: Bool
        let members: [Member]
        let epoch, callList: UInt64?
        let tlp, quarantined, status: String?
        let acknowledgedBy: [String]?
        let notDelivered: [String]
        let steps: [Step]?
    }

    func encode(to encoder: any Encoder) throws {
        try Fields(
            room: detail.id.description, kind: detail.kind.word, closed: detail.closed,
            members: detail.members.map {
                Member(
                    device: $0.device.description, name: $0.name, lead: $0.isLead, tookLead: $0.tookLead,
                    self: $0.isSelf)
            },
            epoch: detail.epoch, callList: detail.callListVersion, tlp: detail.tlpCeiling?.rawValue,
            quarantined: detail.quarantined, status: detail.page?.status.rawValue,
            acknowledgedBy: detail.page?.acknowledgements.map { client.displayName(of: $0.device) },
            notDelivered: detail.notDelivered.map(\.description),
            steps: detail.page?.steps.map { step in
                Step(
                    persons: step.plan.persons.map { client.personName(ofDevices: $0) },
                    releasedMs: OrNull(step.released?.milliseconds))
            }
        ).encode(to: encoder)
    }
}
