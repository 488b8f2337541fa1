import Foundation
public import Incident

/// What a tool said, in our terms: pages to raise, and troubles that are over.
public struct AlertInput: Sendable, Hashable {
    public enum Item: Sendable, Hashable {
        case page(PageDraft)
        case resolved(deduplicationKey: String, note: String)
    }
    public let items: [Item]
}

/// The formats that alerts may come in.
public enum AlertFormat: String, Sendable, Hashable, CaseIterable {
    /// Prometheus Alertmanager's webhook, version 4.
    case alertmanager
    /// `{"title", "summary", "severity", "tlp", "key", "labels", "resolved"}`, all but the title optional.
    case json
    /// The first line is the title, the rest the summary.
    case text

    /// The most bytes of one input.
    public static let maximumBytes = 1 << 20

    /// - Throws: ``AlertInputError``.
    public func read(_ bytes: [UInt8]) throws(AlertInputError) -> AlertInput {
        guard bytes.count <= Self.maximumBytes else {
            throw AlertInputError("the input has more than \(Self.maximumBytes) bytes", hint: "send less at once")
        }
        guard !bytes.isEmpty else {
            throw AlertInputError("the input is empty", hint: "pipe the alert into this command")
        }
        switch self {
        case .alertmanager: return try AlertmanagerPayload.read(bytes).input
        case .json: return try PlainAlert.read(bytes).input
        case .text: return try Self.text(bytes)
        }
    }

    private static func text(_ bytes: [UInt8]) throws(AlertInputError) -> AlertInput {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw AlertInputError("the input is no UTF-8 text", hint: "is it the right --format?")
        }
        let lines = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: true)
        guard let first = lines.first?.trimmingCharacters(in: .whitespaces), !first.isEmpty else {
            throw AlertInputError("the input holds no line of text", hint: nil)
        }
        let summary = lines.dropFirst().first.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) } ?? ""
        return AlertInput(
            items: [.page(PageDraft(title: Clip.title(first), summary: Clip.text(summary), severity: .medium))])
    }
}

/// Why an alert could not be read: the tool's operator must see this, for a lost alert is the worst kind.
public struct AlertInputError: Error, Sendable, Hashable, CustomStringConvertible {
    public let reason: String
    public let hint: String?

    init(_ reason: String, hint: String?) {
        self.reason = reason
        self.hint = hint
    }

    public var description: String { reason }
}

/// Cuts what a tool says to what an event may hold: an alert that is too long is shortened, never lost.
enum Clip {
    static func title(_ text: String) -> String { cut(text, to: EventLimits.titleBytes) }
    static func text(_ text: String) -> String { cut(text, to: EventLimits.textBytes) }

    static func labels(_ labels: [String: String]) -> [String: String] {
        var kept: [String: String] = [:]
        for (name, value) in labels.sorted(by: { $0.key < $1.key }).prefix(EventLimits.labels) {
            kept[cut(name, to: EventLimits.labelBytes)] = cut(value, to: EventLimits.labelBytes)
        }
        return kept
    }

    private static func cut(_ text: String, to bytes: Int) -> String {
        guard text.utf8.count > bytes else { return text }
        var cut = ""
        var size = 0
        for character in text {
            size += character.utf8.count
            guard size <= bytes - 3 else { break }
            cut.append(character)
        }
        return cut + "…"
    }
}

extension Severity {
    /// From the words that tools use; medium where it is none of them.
    init(word: String?) {
        self =
            switch word?.lowercased() {
            case "critical", "fatal", "emergency", "page", "disaster": .critical
            case "high", "error", "major": .high
            case "low", "minor", "notice": .low
            case "info", "informational", "none", "debug": .info
            default: .medium
            }
    }
}
