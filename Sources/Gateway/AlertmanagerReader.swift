import Foundation
import Incident
public import Terms

/// Alertmanager's webhook, version 4 (Prometheus documentation, "webhook_config").
public enum AlertmanagerReader: AlertReader {
    public static let name = "alertmanager"

    public static func parse(_ bytes: [UInt8]) throws(AlertInputError) -> AlertInput {
        try AlertmanagerPayload.read(bytes).input
    }
}

/// One group of alerts. What it says beyond these fields is passed over.
private struct AlertmanagerPayload: Decodable, Sendable {
    struct Alert: Decodable, Sendable {
        let status: String
        let labels: [String: String]
        let annotations: [String: String]?
        let startsAt: String?
    }

    let version: String
    let groupKey: String
    let status: String
    let commonLabels: [String: String]?
    let commonAnnotations: [String: String]?
    let externalURL: String?
    let alerts: [Alert]

    static func read(_ bytes: [UInt8]) throws(AlertInputError) -> AlertmanagerPayload {
        let payload: AlertmanagerPayload
        do {
            payload = try JSONDecoder().decode(AlertmanagerPayload.self, from: Data(bytes))
        } catch {
            throw AlertInputError(
                .malformed, "this is no Alertmanager webhook, or it is cut short",
                hint: "pipe the request's whole body into this command")
        }
        guard payload.version == "4" else {
            throw AlertInputError(
                .malformed, "Alertmanager's webhook has version \(payload.version.prefix(8)); this program knows 4",
                hint: nil)
        }
        guard !payload.alerts.isEmpty else {
            throw AlertInputError(.malformed, "the webhook holds no alert", hint: nil)
        }
        return payload
    }

    /// One page for the group, as Alertmanager means it; `groupKey` is what repeats are recognised by.
    var input: AlertInput {
        let name = commonLabels?["alertname"] ?? alerts.first?.labels["alertname"] ?? "alert"
        if status == "resolved" {
            let note = Clip.text("Alertmanager: \(name) resolved")
            return AlertInput(items: [.resolved(deduplicationKey: Clip.key(groupKey), note: note)])
        }
        let firing = alerts.filter { $0.status == "firing" }
        let first = firing.first ?? alerts.first
        let said = commonAnnotations?["summary"] ?? first?.annotations?["summary"] ?? ""
        let title = said.contains { !$0.isWhitespace } ? said : name
        let labels = commonLabels ?? first?.labels ?? [:]
        return AlertInput(
            items: [
                .page(
                    PageDraft(
                        title: Clip.title(title), summary: Clip.text(summary(firing)),
                        severity: severity(firing), labels: Clip.labels(labels), deduplicationKey: Clip.key(groupKey)))
            ])
    }

    /// The common description; else what each firing alert says, a line each.
    private func summary(_ firing: [Alert]) -> String {
        if let description = commonAnnotations?["description"] { return description }
        return firing.map { alert in
            let name = alert.labels["alertname"] ?? "alert"
            let instance = alert.labels["instance"].map { " on \($0)" } ?? ""
            let text = alert.annotations?["description"] ?? alert.annotations?["summary"] ?? ""
            return "\(name)\(instance)\(text.isEmpty ? "" : ": \(text)")"
        }.joined(separator: "\n")
    }

    /// The worst of the group.
    private func severity(_ firing: [Alert]) -> Severity {
        let words = firing.map { $0.labels["severity"] }
        return words.map { Severity(word: $0) }.max() ?? Severity(word: commonLabels?["severity"])
    }
}
