import Client
import Escalation
import Incident
import Sodium
import Terms

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
        /// How a page ended.
        private(set) var how: String?
        /// Whose acknowledgements a statement or the relay takes back: their digests.
        private(set) var acks: [String]?
        /// Whom somebody who took the lead wants to leave: their devices.
        private(set) var devices: [String]?

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
            case .statement(let statement, _):
                type = statement.kind.word
                id = Hexadecimal.encode(statement.digest.bytes)
                if case .unack(let digests) = statement.kind { acks = digests.map { Hexadecimal.encode($0.bytes) } }
            case .timer(let entry, _):
                type = entry.word
                add(entry)
            case .lead(let word):
                type = word.word
                if case .removal(let devices) = word { self.devices = devices.map(\.description) }
            case .welcomeFailed: type = "welcome-failed"
            }
        }

        private mutating func add(_ entry: TimerEntry) {
            switch entry {
            case .released(let step, _), .skipped(let step): self.step = step + 1
            case .void(let digests): acks = digests.map { Hexadecimal.encode($0.bytes) }
            case .ended(let how): self.how = how.word
            case .rang, .again, .alone, .gone: break
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

// The words that programs get.

extension PageStatement.Kind {
    fileprivate var word: String {
        switch self {
        case .ack: "ack"
        case .unack: "unack"
        case .resolved: "resolved"
        case .reopen: "reopen"
        case .escalate: "escalate"
        case .read: "read"
        case .fired: "fired"
        }
    }
}

extension LeadWord {
    fileprivate var word: String {
        switch self {
        case .noLead: "no-lead"
        case .taken: "lead-taken"
        case .removal: "removal-asked"
        }
    }
}

extension TimerEntry {
    fileprivate var word: String {
        switch self {
        case .released: "released"
        case .skipped: "skipped"
        case .rang: "rang"
        case .again: "again"
        case .alone: "alone"
        case .void: "void"
        case .ended: "ended"
        case .gone: "gone"
        }
    }
}

extension Escalation.Ending {
    fileprivate var word: String {
        switch self {
        case .resolved: "resolved"
        case .sensor: "sensor"
        case .horizon: "horizon"
        case .unseen: "unseen"
        }
    }
}
