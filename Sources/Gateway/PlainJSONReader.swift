import Foundation
import Incident
public import Terms

/// Our own simple form, for tools that can be told what to send: `{"title", "summary", "severity", "tlp", "key", "labels",
/// "resolved"}`, all but the title optional.
public enum PlainJSONReader: AlertReader {
    public static let name = "json"

    public static func parse(_ bytes: [UInt8]) throws(AlertInputError) -> AlertInput {
        try PlainAlert.read(bytes).input
    }
}

private struct PlainAlert: Decodable, Sendable {
    let title: String
    let summary: String?
    let severity: String?
    let tlp: TLP?
    /// What repeats of the same trouble are recognised by.
    let key: String?
    let labels: [String: String]?
    let resolved: Bool?

    static func read(_ bytes: [UInt8]) throws(AlertInputError) -> PlainAlert {
        do {
            return try JSONDecoder().decode(PlainAlert.self, from: Data(bytes))
        } catch {
            throw AlertInputError(
                .malformed, "this is no alert in JSON, or it is cut short",
                hint: #"it looks like {"title": "…", "summary": "…", "severity": "high", "tlp": "AMBER", "key": "…"}"#)
        }
    }

    var input: AlertInput {
        if resolved == true, let key {
            return AlertInput(items: [.resolved(deduplicationKey: Clip.key(key), note: Clip.text(summary ?? title))])
        }
        let draft = PageDraft(
            title: Clip.title(title), summary: Clip.text(summary ?? ""), severity: Severity(word: severity),
            labels: Clip.labels(labels ?? [:]), tlp: tlp ?? .amber, deduplicationKey: key.map(Clip.key))
        return AlertInput(items: [.page(draft)])
    }
}
