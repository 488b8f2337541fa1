import Foundation
import Incident
import Sodium
import Terms

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
