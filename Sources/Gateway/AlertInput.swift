import Foundation
public import Incident
import Sodium
public import Terms

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
            throw AlertInputError(
                .tooLarge, "the input has more than \(Self.maximumBytes) bytes", hint: "send less at once")
        }
        guard !bytes.isEmpty else {
            throw AlertInputError(.empty, "the input is empty", hint: "pipe the alert into this command")
        }
        switch self {
        case .alertmanager: return try AlertmanagerPayload.read(bytes).input
        case .json: return try PlainAlert.read(bytes).input
        case .text: return try Self.text(bytes)
        }
    }

    private static func text(_ bytes: [UInt8]) throws(AlertInputError) -> AlertInput {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw AlertInputError(.malformed, "the input is no UTF-8 text", hint: "is it the right --format?")
        }
        let lines = text.trimmingCharacters(in: .whitespacesAndNewlines).split(
            maxSplits: 1, whereSeparator: \.isNewline)
        guard let first = lines.first else {
            throw AlertInputError(.malformed, "the input holds no line of text", hint: nil)
        }
        let summary = lines.dropFirst().first.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) } ?? ""
        return AlertInput(
            items: [.page(PageDraft(title: Clip.title(String(first)), summary: Clip.text(summary), severity: .medium))])
    }
}

/// Why an alert could not be read: the tool's operator must see this, for a lost alert is the worst kind.
public typealias AlertInputError = Failure<AlertInputErrorCode>

public enum AlertInputErrorCode: String, Sendable, Hashable {
    case empty, tooLarge, malformed
}

/// Cuts what a tool says to what an event may hold: an alert that is too long is shortened, never lost.
///
/// Control characters become `?`: whoever can write into a log must be able neither to steer a terminal, nor to blow an
/// alert up sixfold in JSON until no relay takes it.
enum Clip {
    /// UTF-8 bytes of all labels together, so that they fit an event beside the longest summary.
    static let allLabelsBytes = 32 * 1024

    /// One line, never empty: an event without a title is refused.
    static func title(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
            .trimmingCharacters(in: .whitespaces)
        return line.isEmpty ? "alert" : cut(printable(line), to: EventLimits.titleBytes)
    }

    static func text(_ text: String) -> String { cut(printable(text), to: EventLimits.textBytes) }

    /// By name, as many as fit.
    static func labels(_ labels: [String: String]) -> [String: String] {
        var kept: [String: String] = [:]
        var size = 0
        for (name, value) in labels.sorted(by: { $0.key < $1.key }).prefix(EventLimits.labels) {
            let name = cut(printable(name), to: EventLimits.labelBytes)
            let value = cut(printable(value), to: EventLimits.labelBytes)
            size += name.utf8.count + value.utf8.count
            guard size <= allLabelsBytes else { break }
            kept[name] = value
        }
        return kept
    }

    /// A key only has to be the same again: one that is too long goes by its digest.
    static func key(_ key: String) -> String {
        key.utf8.count <= EventLimits.keyBytes
            ? key : "sha256:" + Hexadecimal.encode(SHA256.hash(Array(key.utf8)))
    }

    private static func printable(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isControl = scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
            if scalar == "\r" { continue }
            scalars.append(isControl ? "?" : scalar)
        }
        return String(scalars)
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
