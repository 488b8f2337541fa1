import CallList
import Escalation
import Sodium
public import Terms

extension EventContent {
    /// Checks limits, and [R10] for page rooms. Called by sender and reader alike.
    /// - Throws: ``EventError``, with what is wrong and what to do.
    public func validate(in kind: RoomKind) throws(EventError) {
        if kind == .page, !isAllowedInPageRoom {
            throw EventError(
                .notAllowedInPageRoom, "a page room holds notices and acknowledgements only",
                hint: "open an incident room for it: tocsin open --from PAGE")
        }
        switch self {
        case .page(let page): try Self.check(notice: page)
        case .pageRepeat(let page):
            try Self.check(title: page.title)
            try Self.check(text: page.summary)
        case .resolve(let resolution): try Self.check(text: resolution.note)
        case .incident(let opening):
            try Self.check(title: opening.title)
            if let notice = opening.notice { try Self.check(notice: notice) }
        case .note(let note):
            guard !note.text.isEmpty else { throw EventError(.empty, "the message is empty") }
            try Self.check(text: note.text)
        case .file(let file): try Self.check(file: file)
        case .unknown: break
        }
    }

    private static func check(notice: PageNotice) throws(EventError) {
        try check(title: notice.title)
        try check(text: notice.summary)
        try check(labels: notice.labels)
        guard (notice.deduplicationKey?.utf8.count ?? 0) <= EventLimits.keyBytes else {
            throw EventError(.tooLong, "a deduplication key has at most \(EventLimits.keyBytes) bytes")
        }
        guard notice.plan.count <= EventLimits.steps else {
            throw EventError(.tooMany, "a page has at most \(EventLimits.steps) steps")
        }
        guard (1...CallListLimits.horizonSeconds).contains(notice.horizon) else {
            throw EventError(.malformed, "a page ends after at most \(CallListLimits.horizonSeconds) seconds")
        }
        guard notice.close > 0 else {
            throw EventError(.malformed, "at least one person must agree that a page is over")
        }
        for step in notice.plan {
            // What the relay holds its own plan to. A step may need more persons than it calls: then the next one comes
            // [R11].
            guard step.persons.allSatisfy({ !$0.isEmpty }) else {
                throw EventError(.malformed, "each person that a step calls has a device")
            }
        }
    }

    private static func check(title: String) throws(EventError) {
        guard !title.isEmpty else { throw EventError(.empty, "the title is empty") }
        guard title.utf8.count <= EventLimits.titleBytes else {
            throw EventError(.tooLong, "a title has at most \(EventLimits.titleBytes) bytes")
        }
    }

    private static func check(text: String) throws(EventError) {
        guard text.utf8.count <= EventLimits.textBytes else {
            throw EventError(
                .tooLong, "a text has at most \(EventLimits.textBytes) bytes",
                hint: "send it as a file: tocsin send --file")
        }
    }

    private static func check(labels: [String: String]) throws(EventError) {
        guard labels.count <= EventLimits.labels else {
            throw EventError(.tooMany, "a page has at most \(EventLimits.labels) labels")
        }
        for (name, value) in labels
        where name.utf8.count > EventLimits.labelBytes || value.utf8.count > EventLimits.labelBytes {
            throw EventError(.tooLong, "a label has at most \(EventLimits.labelBytes) bytes")
        }
    }

    private static func check(file: FileContent) throws(EventError) {
        guard !file.name.isEmpty, file.name.utf8.count <= EventLimits.fileNameBytes else {
            throw EventError(.tooLong, "a file's name has 1 to \(EventLimits.fileNameBytes) bytes")
        }
        guard file.content.count <= FileContent.maximumBytes else {
            throw EventError(
                .tooLong, "a file has at most \(FileContent.maximumBytes) bytes for now",
                hint: "split it, or send where to find it")
        }
        guard constantTimeEquals(BLAKE2b.hash([UInt8](file.content)), [UInt8](file.hash)) else {
            throw EventError(.hashMismatch, "the file is not what its sender hashed")
        }
    }
}
