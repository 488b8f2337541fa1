import Foundation
import Gateway
import Incident
import Terms
import Testing

@Suite struct AlertmanagerTests {
    private let key = #"{}:{alertname="SuspiciousLogin", cluster="hq"}"#

    @Test func readsAFiringGroup() throws {
        let draft = try page(AlertmanagerSamples.firing)
        #expect(draft.title == "Root login from an unknown network")
        #expect(
            draft.summary == """
                SuspiciousLogin on vpn-1:9100: sshd accepted root from 203.0.113.7
                SuspiciousLogin on vpn-2:9100: sshd accepted root from 203.0.113.8
                """)
        // The worst of the two.
        #expect(draft.severity == .critical)
        #expect(draft.labels == ["alertname": "SuspiciousLogin", "cluster": "hq"])
        #expect(draft.deduplicationKey == key)
        #expect(draft.tlp == .amber)
        #expect(!draft.exercise)
    }

    @Test func readsAResolvedGroup() throws {
        let items = try AlertmanagerReader.read(Array(AlertmanagerSamples.resolved.utf8)).items
        #expect(
            items == [.resolved(deduplicationKey: key, note: "Alertmanager: SuspiciousLogin resolved")])
    }

    /// What is over does not page, though its group still fires.
    @Test func onlyFiringAlertsAreTold() throws {
        let draft = try page(
            altered {
                var alerts = $0["alerts"] as? [[String: Any]] ?? []
                alerts[0]["status"] = "resolved"
                $0["alerts"] = alerts
            })
        #expect(draft.summary == "SuspiciousLogin on vpn-2:9100: sshd accepted root from 203.0.113.8")
        #expect(draft.severity == .medium)
    }

    @Test func theCommonDescriptionIsPreferred() throws {
        let draft = try page(altered { $0["commonAnnotations"] = ["summary": "S", "description": "D"] })
        #expect(draft.title == "S")
        #expect(draft.summary == "D")
    }

    @Test(arguments: ["", " ", "\n"])
    func aTitleIsNeverEmpty(_ summary: String) throws {
        let draft = try page(altered { $0["commonAnnotations"] = ["summary": summary] })
        #expect(draft.title == "SuspiciousLogin")
    }

    @Test func anAlertWithoutNamesIsStillOne() throws {
        let draft = try page(
            altered {
                $0["alerts"] = [["status": "firing", "labels": [String: String]()]]
                $0["commonLabels"] = nil
                $0["commonAnnotations"] = nil
            })
        #expect(draft.title == "alert")
        try EventContent.page(draft.notice(plan: [], horizon: 3600, close: 1, isAlert: true)).validate(in: .page)
    }

    @Test(arguments: [("version", "3"), ("version", "5"), ("alerts", [Int]())] as [(String, any Sendable)])
    func refusesWhatItDoesNotKnow(_ field: String, _ value: any Sendable) throws {
        let text = try altered { $0[field] = value }
        #expect(throws: AlertInputError.self) { try AlertmanagerReader.read(Array(text.utf8)) }
    }

    @Test(arguments: ["version", "groupKey", "status", "alerts"])
    func refusesAMissingField(_ field: String) throws {
        let text = try altered { $0[field] = nil }
        #expect(throws: AlertInputError.self) { try AlertmanagerReader.read(Array(text.utf8)) }
    }

    @Test func refusesEveryTruncation() {
        let whole = Array(AlertmanagerSamples.firing.utf8)
        for length in whole.indices {
            #expect(throws: AlertInputError.self) { try AlertmanagerReader.read(Array(whole.prefix(length))) }
        }
    }

    @Test func flippedBitsNeverTrap() {
        let whole = Array(AlertmanagerSamples.firing.utf8)
        for index in whole.indices {
            var flipped = whole
            flipped[index] ^= 1 << UInt8(index % 8)
            _ = try? AlertmanagerReader.read(flipped)
        }
    }

    /// Whatever a tool says fits an event: too long is cut, and never lost.
    @Test func whatIsTooLongIsCut() throws {
        let long = String(repeating: "ü", count: 60_000)
        let text = try altered {
            $0["commonAnnotations"] = ["summary": long, "description": long]
            $0["commonLabels"] = Dictionary(
                uniqueKeysWithValues: (0..<100).map { ("\($0)" + long.prefix(1000), String(long.prefix(2000))) })
            $0["groupKey"] = long
        }
        let draft = try page(text)
        try EventContent.page(draft.notice(plan: [], horizon: 3600, close: 1, isAlert: true)).validate(in: .page)
        #expect(draft.title.hasSuffix("…") && draft.title.utf8.count <= EventLimits.titleBytes)
        #expect(draft.summary.hasSuffix("…") && draft.summary.utf8.count > EventLimits.textBytes - 10)
        #expect(draft.labels.count > 5)
        #expect(draft.deduplicationKey?.hasPrefix("sha256:") == true)
        // The same again is recognised, and something else is not.
        #expect(try page(text).deduplicationKey == draft.deduplicationKey)
        #expect(try page(altered { $0["groupKey"] = long + "x" }).deduplicationKey != draft.deduplicationKey)
    }

    @Test func aResolutionIsCutToo() throws {
        let text = try altered {
            $0["status"] = "resolved"
            $0["commonLabels"] = ["alertname": String(repeating: "a", count: 100_000)]
        }
        guard case .resolved(_, let note) = try #require(AlertmanagerReader.read(Array(text.utf8)).items.first)
        else {
            Issue.record("no resolution")
            return
        }
        try EventContent.resolve(Resolution(note: note)).validate(in: .page)
    }

    private func page(_ text: String) throws -> PageDraft {
        let items = try AlertmanagerReader.read(Array(text.utf8)).items
        guard case .page(let draft) = try #require(items.first), items.count == 1 else {
            throw CocoaError(.featureUnsupported)
        }
        return draft
    }

    private func altered(_ change: (inout [String: Any]) -> Void) throws -> String {
        let data = Data(AlertmanagerSamples.firing.utf8)
        var object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        change(&object)
        return String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
    }
}
