public import RelayAPI
import Sodium

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
        case .page(let page):
            try Self.check(title: page.title)
            try Self.check(text: page.summary)
            try Self.check(labels: page.labels)
            guard page.plan.count <= EventLimits.steps else {
                throw EventError(.tooMany, "a page has at most \(EventLimits.steps) steps")
            }
        case .pageRepeat(let page):
            try Self.check(title: page.title)
            try Self.check(text: page.summary)
        case .resolve(let resolution): try Self.check(text: resolution.note)
        case .incident(let opening): try Self.check(title: opening.title)
        case .note(let note):
            guard !note.text.isEmpty else { throw EventError(.empty, "the message is empty") }
            try Self.check(text: note.text)
        case .file(let file): try Self.check(file: file)
        case .unknown: break
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
