import Foundation
import Incident
public import Terms

/// Plain text: the first line is the title, the rest the summary.
public enum TextReader: AlertReader {
    public static let name = "text"

    public static func parse(_ bytes: [UInt8]) throws(AlertInputError) -> AlertInput {
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
