import Escalation
import Incident
import Terms
import Testing

/// Limits and [R10], as sender and reader check them alike.
@Suite struct ValidationTests {
    private func code(_ content: EventContent, in kind: RoomKind = .incident) -> EventError.Code? {
        do {
            try content.validate(in: kind)
            return nil
        } catch { return error.code }
    }

    @Test func pageRoomsHoldNoticesOnly() {
        for content in [
            EventContent.note(Note(text: "hello")), .file(Sample.file()),
            .incident(IncidentOpening(title: "t", page: nil, notice: nil)),
        ] {
            #expect(code(content, in: .page) == .notAllowedInPageRoom)
            #expect(code(content, in: .incident) == nil)
        }
        for content in [
            EventContent.page(Sample.notice()), .pageRepeat(PageRepeat(title: "t", summary: "", severity: .low)),
            .resolve(Resolution(note: "")), .unknown(type: "later"),
        ] { #expect(code(content, in: .page) == nil) }
    }

    @Test func theRefusalSaysWhatToDo() {
        do {
            try EventContent.note(Note(text: "hello")).validate(in: .page)
            Issue.record("was taken")
        } catch { #expect(error.hint?.contains("tocsin open") == true) }
    }

    @Test func titlesHaveALength() {
        for (title, expected) in [
            ("", EventError.Code.empty), (text(301), .tooLong), (text(300), nil),
            (String(repeating: "ü", count: 151), .tooLong),
        ] as [(String, EventError.Code?)] {
            #expect(code(.page(Sample.notice(title: title))) == expected)
            #expect(code(.pageRepeat(PageRepeat(title: title, summary: "", severity: .low))) == expected)
            #expect(code(.incident(IncidentOpening(title: title, page: nil, notice: nil))) == expected)
        }
    }

    @Test func textsHaveALength() {
        let limit = EventLimits.textBytes
        for (count, expected) in [(limit, nil), (limit + 1, .tooLong)] as [(Int, EventError.Code?)] {
            #expect(code(.page(Sample.notice(summary: text(count)))) == expected)
            #expect(code(.pageRepeat(PageRepeat(title: "t", summary: text(count), severity: .low))) == expected)
            #expect(code(.resolve(Resolution(note: text(count)))) == expected)
            #expect(code(.note(Note(text: text(count)))) == expected)
        }
        #expect(code(.note(Note(text: ""))) == .empty)
    }

    @Test func labelsAreBounded() {
        func labels(_ count: Int) -> [String: String] {
            Dictionary(uniqueKeysWithValues: (0..<count).map { ("l\($0)", "v") })
        }
        #expect(code(.page(Sample.notice(labels: labels(64)))) == nil)
        #expect(code(.page(Sample.notice(labels: labels(65)))) == .tooMany)
        #expect(code(.page(Sample.notice(labels: [text(1024): text(1024)]))) == nil)
        #expect(code(.page(Sample.notice(labels: [text(1025): ""]))) == .tooLong)
        #expect(code(.page(Sample.notice(labels: ["": text(1025)]))) == .tooLong)
    }

    @Test func plansAreBounded() {
        let step = Step(delay: 1, need: 1, persons: [[Sample.device(1)]])
        #expect(code(.page(Sample.notice(plan: Array(repeating: step, count: 32)))) == nil)
        #expect(code(.page(Sample.notice(plan: Array(repeating: step, count: 33)))) == .tooMany)
    }

    @Test(
        "[R11] a step may need all whom it calls, or more than are there: then the next one comes",
        arguments: [(0, 1), (1, 1), (2, 1), (2, 2), (1, 0), (0, 0)])
    func aStepNeedsWhomItCalls(_ need: UInt16, _ persons: Int) {
        let step = Step(
            delay: 0, need: need, persons: (0..<persons).map { [Sample.device(UInt8($0))] })
        #expect(code(.page(Sample.notice(plan: [step]))) == nil)
    }

    @Test func aPageEndsWithin72Hours() {
        #expect(code(.page(Sample.notice(horizon: 1))) == nil)
        #expect(code(.page(Sample.notice(horizon: 72 * 3600))) == nil)
        #expect(code(.page(Sample.notice(horizon: 0))) == .malformed)
        #expect(code(.page(Sample.notice(horizon: 72 * 3600 + 1))) == .malformed)
    }

    @Test func aPersonHasADevice() {
        let step = Step(delay: 0, need: 1, persons: [[]])
        #expect(code(.page(Sample.notice(plan: [step]))) == .malformed)
    }

    @Test func deduplicationKeysHaveALength() {
        #expect(code(.page(Sample.notice(key: nil))) == nil)
        #expect(code(.page(Sample.notice(key: text(1024)))) == nil)
        #expect(code(.page(Sample.notice(key: text(1025)))) == .tooLong)
    }

    /// The notice that an incident takes with it is held to the same limits as the page.
    @Test func anIncidentsNoticeIsBounded() {
        func opening(_ notice: PageNotice) -> EventContent {
            .incident(IncidentOpening(title: "t", page: nil, notice: notice))
        }
        #expect(code(opening(Sample.notice())) == nil)
        #expect(code(opening(Sample.notice(title: ""))) == .empty)
        #expect(code(opening(Sample.notice(summary: text(EventLimits.textBytes + 1)))) == .tooLong)
    }

    @Test func filesAreWhatWasHashed() {
        #expect(code(.file(Sample.file())) == nil)
        #expect(code(.file(Sample.file(content: []))) == nil)
        #expect(code(.file(Sample.file(hash: [UInt8](repeating: 0, count: 32)))) == .hashMismatch)
        #expect(code(.file(Sample.file(hash: []))) == .hashMismatch)
        #expect(code(.file(Sample.file(name: ""))) == .tooLong)
        #expect(code(.file(Sample.file(name: text(256)))) == .tooLong)
        #expect(code(.file(Sample.file(name: text(255)))) == nil)
        let limit = FileContent.maximumBytes
        #expect(code(.file(Sample.file(content: [UInt8](repeating: 1, count: limit)))) == nil)
        #expect(code(.file(Sample.file(content: [UInt8](repeating: 1, count: limit + 1)))) == .tooLong)
    }

    private func text(_ count: Int) -> String { String(repeating: "a", count: count) }
}
