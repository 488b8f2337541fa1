import Foundation
import Incident
import Terms
import Testing

/// The JSON inside an MLS application message.
@Suite struct EventCodingTests {
    private func json(_ event: Event) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(event), as: UTF8.self)
    }

    private func read(_ text: String) throws -> Event { try JSONDecoder().decode(Event.self, from: Data(text.utf8)) }

    @Test func everyTypeRoundTrips() throws {
        for content in [
            EventContent.page(Sample.notice(labels: ["a": "b"])),
            .pageRepeat(PageRepeat(title: "t", summary: "s", severity: .critical)),
            .resolve(Resolution(note: "n")),
            .incident(IncidentOpening(title: "t", page: RoomID.random(), notice: Sample.notice(key: nil))),
            .note(Note(text: "Grüße\n")), .file(Sample.file()),
        ] {
            let event = Sample.event(content)
            let text = try json(event)
            #expect(try read(text) == event)
            #expect(text.contains(#""type":"\#(content.type)""#))
        }
    }

    @Test func theFormIsFrozen() throws {
        let chain = Data(repeating: 4, count: 32).base64EncodedString()
        let id = String(repeating: "22", count: 16)
        #expect(
            try json(Sample.event(.note(Note(text: "a/b"))))
                == #"{"at":7,"body":{"text":"a/b"},"calllist":{"digest":"ab","version":2},"id":"\#(id)","#
                + #""seen":{"chain":"\#(chain)","seq":3},"tlp":"AMBER","type":"note","v":1}"#)
    }

    @Test func anUnknownTypeIsKeptAsSuch() throws {
        let text = try json(Sample.event(.note(Note(text: "a")))).replacingOccurrences(
            of: #""type":"note""#, with: #""type":"hologram""#)
        let event = try read(text)
        #expect(event.content == .unknown(type: "hologram"))
        #expect(event.content.type == "hologram")
    }

    @Test(
        arguments: [
            (#""v":1"#, #""v":2"#), (#""tlp":"AMBER""#, #""tlp":"PINK""#), (#""at":7"#, #""at":-7"#),
            (#""at":7"#, #""at":1.5"#), (#""id":"2222"#, #""id":"22"#), (#""text":"a""#, #""text":1"#),
            (#""body""#, #""bodY""#), (#""seq":3"#, #""seq":18446744073709551616"#),
        ])
    func whatCannotBeIsRefused(_ what: String, _ by: String) throws {
        let text = try json(Sample.event(.note(Note(text: "a"))))
        let forged = text.replacingOccurrences(of: what, with: by)
        try #require(forged != text)
        #expect(throws: DecodingError.self) { try read(forged) }
    }

    @Test func everyAlterationIsReadOrRefused() throws {
        let whole = Array(try json(Sample.event(.page(Sample.notice(labels: ["a": "b"])))).utf8)
        for index in whole.indices {
            #expect(throws: (any Error).self) { try JSONDecoder().decode(Event.self, from: Data(whole.prefix(index))) }
            for bit in 0..<8 {
                var flipped = whole
                flipped[index] ^= 1 << UInt8(bit)
                if let event = try? JSONDecoder().decode(Event.self, from: Data(flipped)) {
                    try? event.content.validate(in: .page)
                }
            }
        }
    }

    @Test func classificationsAreOrdered() {
        #expect(TLP.allCases == TLP.allCases.sorted())
        #expect(TLP.clear < .red && !(TLP.red < .amberStrict))
        #expect(Severity.allCases == Severity.allCases.sorted())
        #expect([Severity.low, .critical, .info].max() == .critical)
    }
}
