import Foundation
import Gateway
import Incident
import Terms
import Testing

/// Our own JSON form, plain text, and what holds for every format.
@Suite struct AlertReaderTests {
    private func page(_ format: any AlertReader.Type, _ text: String) throws -> PageDraft {
        guard case .page(let draft) = try #require(format.read(Array(text.utf8)).items.first) else {
            throw CocoaError(.featureUnsupported)
        }
        return draft
    }

    @Test func readsJSON() throws {
        let draft = try page(
            PlainJSONReader.self,
            #"""
            {"title": "Ransom note", "summary": "on fs-2", "severity": "CRITICAL", "tlp": "AMBER+STRICT",
             "key": "k", "labels": {"host": "fs-2"}, "unknown": 1}
            """#)
        #expect(
            draft
                == PageDraft(
                    title: "Ransom note", summary: "on fs-2", severity: .critical, labels: ["host": "fs-2"],
                    tlp: .amberStrict, deduplicationKey: "k"))
        #expect(
            try page(PlainJSONReader.self, #"{"title": "t"}"#) == PageDraft(title: "t", summary: "", severity: .medium))
    }

    @Test func readsAResolution() throws {
        let read = { (text: String) in try PlainJSONReader.read(Array(text.utf8)).items }
        #expect(
            try read(#"{"title": "t", "key": "k", "resolved": true}"#) == [.resolved(deduplicationKey: "k", note: "t")])
        #expect(
            try read(#"{"title": "t", "summary": "s", "key": "k", "resolved": true}"#)
                == [.resolved(deduplicationKey: "k", note: "s")])
    }

    @Test(arguments: ["{}", "[]", "x", #"{"title": 1}"#, #"{"title": "t", "tlp": "PINK"}"#, #"{"title": "t""#])
    func refusesWhatIsNoAlert(_ text: String) {
        #expect(throws: AlertInputError.self) { try PlainJSONReader.read(Array(text.utf8)) }
    }

    @Test func anEmptyTitleIsStillAnAlert() throws {
        let draft = try page(PlainJSONReader.self, #"{"title": "", "summary": "disk full"}"#)
        #expect(draft.title == "alert")
        try EventContent.page(draft.notice(plan: [], horizon: 3600, close: 1, isAlert: true)).validate(in: .page)
    }

    @Test(
        arguments: [
            ("Fire", "Fire", ""), ("Fire\nin the hall\nnow\n", "Fire", "in the hall\nnow"),
            ("Fire\r\nin the hall\r\n", "Fire", "in the hall"), ("\n\n  Fire  \n\n hall", "Fire", "hall"),
            ("   \nFire", "Fire", ""),
        ])
    func readsText(_ text: String, _ title: String, _ summary: String) throws {
        let draft = try page(TextReader.self, text)
        #expect(draft.title == title)
        #expect(draft.summary == summary)
        #expect(draft.severity == .medium)
    }

    @Test(arguments: [[0xff, 0xfe], Array("\n \n".utf8), Array(" ".utf8)] as [[UInt8]])
    func refusesWhatIsNoText(_ bytes: [UInt8]) {
        #expect(throws: AlertInputError.self) { try TextReader.read(bytes) }
    }

    @Test(arguments: AlertReaders.all.map { $0.name })
    func refusesNothingAndTooMuch(_ name: String) throws {
        let reader = try #require(AlertReaders.named(name))
        for (bytes, code) in [
            ([], .empty), ([UInt8](repeating: 0x20, count: AlertReaders.maximumBytes + 1), .tooLarge),
        ]
            as [([UInt8], AlertInputError.Code)]
        {
            #expect { try reader.read(bytes) } throws: { ($0 as? AlertInputError)?.code == code }
        }
    }

    /// Scripts name them: a name is for ever, and one reader's alone.
    @Test func theNamesAreFrozen() {
        #expect(AlertReaders.all.map { $0.name } == ["alertmanager", "json", "text"])
        #expect(AlertReaders.named("xml") == nil)
    }

    @Test func takesTheMostItMay() throws {
        let draft = try page(TextReader.self, String(repeating: "a", count: AlertReaders.maximumBytes))
        #expect(draft.title.utf8.count == EventLimits.titleBytes)
    }

    /// A log line's writer must not steer the responder's terminal, nor make the event too large for a relay.
    @Test func controlCharactersDoNotGetThrough() throws {
        let escape = "\u{1b}]0;owned\u{7}\u{9b}31m\u{0}"
        let draft = try page(TextReader.self, "Fire\(escape)\nhall\(escape)\tend")
        #expect(draft.title == "Fire?]0;owned??31m?")
        #expect(draft.summary == "hall?]0;owned??31m?\tend")
        let worst = String(repeating: "\u{1}", count: 20_000)
        let object: [String: Any] = ["title": worst, "summary": worst, "labels": ["a": worst], "key": worst]
        let json = try JSONSerialization.data(withJSONObject: object)
        let clipped = try page(PlainJSONReader.self, String(decoding: json, as: UTF8.self))
        #expect(
            try JSONEncoder().encode(clipped.notice(plan: [], horizon: 3600, close: 1, isAlert: true)).count < 64 * 1024
        )
    }

    /// The most that a draft can be, in JSON, stays well below a relay's entry of 256 KiB.
    @Test func aDraftFitsAnEntry() throws {
        let worst = String(repeating: "\"", count: 40_000)
        let labels = Dictionary(
            uniqueKeysWithValues: (10..<74).map { ("\($0)" + worst.prefix(2000), String(worst.prefix(2000))) })
        let object: [String: Any] = ["title": worst, "summary": worst, "labels": labels, "key": "k"]
        let data = try JSONSerialization.data(withJSONObject: object)
        let draft = try page(PlainJSONReader.self, String(decoding: data, as: UTF8.self))
        #expect(
            try JSONEncoder().encode(draft.notice(plan: [], horizon: 3600, close: 1, isAlert: true)).count < 160 * 1024)
    }

    @Test(
        arguments: [
            ("critical", .critical), ("Disaster", .critical), ("page", .critical), ("ERROR", .high), ("major", .high),
            ("warning", .medium), ("odd", .medium), ("minor", .low), ("info", .info), ("none", .info),
        ] as [(String, Severity)])
    func understandsToolsWords(_ word: String, _ severity: Severity) throws {
        #expect(try page(PlainJSONReader.self, #"{"title": "t", "severity": "\#(word)"}"#).severity == severity)
    }

    @Test func errorsHoldNoContent() {
        do {
            _ = try PlainJSONReader.read(Array("hunter2".utf8))
            Issue.record("was read")
        } catch { #expect(!"\(error)\(error.hint ?? "")".contains("hunter2")) }
    }
}
