import Foundation
import Terms
import TestTeam
import Testing

@testable import CallList
@testable import Office

/// Sources as people and editors leave them: each stands for a kind of fault that others' issue trackers know.
@Suite struct SourceCaseTests {
    private static let secret = "+44 20 7946 0001"

    private func source(_ member: String = "", _ more: String = "") -> String {
        """
        relays: [relay.json]
        policies:
          on-call:
            steps:
              - {targets: [ada]}
        members:
          - id: ada
            name: Ada
            roles: [responder]
            clearance: RED
            contacts: {mobile: "\(Self.secret)"}
        \(member.isEmpty ? "" : "    \(member)\n")\(more)
        """
    }

    /// What is null is absent.
    @Test(arguments: ["title: ~", "title:", "title: null", "title: NULL", "expires: ~", "devices: ~", "devices:"])
    func nullIsAbsent(_ line: String) throws {
        let source = try CallListSource(yaml: source(line))
        let member = try #require(source.members.first)
        #expect(member.title == nil && member.expires == nil && member.devices.isEmpty)
    }

    /// What must be there and is null is refused.
    @Test(arguments: [
        ("name: Ada", "name: ~", "`name` is missing"), ("id: ada", "id:", "`id` is missing"),
        ("[responder]", "[~]", "must be one line"), ("[relay.json]", "~", "`relays` is missing"),
        ("mobile: \"\(secret)\"", "mobile: ~", "must be one line"),
    ]) func nullIsRefusedWhereSomethingMustBe(_ what: String, _ by: String, _ reason: String) throws {
        let text = source().replacing(what, with: by)
        try #require(text != source())
        #expect(refusal { _ = try CallListSource(yaml: text) }?.reason.contains(reason) == true)
    }

    /// What is quoted is text.
    @Test func aQuotedTildeIsATitle() throws {
        #expect(try CallListSource(yaml: source("title: \"~\"")).members.first?.title == "~")
        #expect(try CallListSource(yaml: source("title: 'null'")).members.first?.title == "null")
    }

    /// A key that is there twice is named with its second line, and nothing else of the source.
    @Test(
        arguments: [
            ("", "members:\n  - {id: bo, name: Bo, roles: [responder], clearance: RED}", 12, "members"),
            ("clearance: GREEN", "", 12, "clearance"),
            ("", "sensors:\n  - {id: s, name: S, name: T}", 13, "name"),
        ])
    func aKeyThatIsThereTwiceIsNamed(_ member: String, _ more: String, _ line: Int, _ key: String) throws {
        let error = try #require(refusal { _ = try CallListSource(yaml: source(member, more)) })
        #expect(error.reason == "line \(line): `\(key)` is there twice")
    }

    /// An error never prints the source: it holds names and telephone numbers.
    @Test(arguments: [
        "\ttitle: x", "title: [", "title: \"x", "title: *nobody", "- x", "title: x: y", "title: @x", "title: \u{1}",
        "? [a]",
        "clearance: RED", "%TAG", "title: &a &b x", "title: !<x", "title: {a: b", "... x",
    ]) func anErrorNeverPrintsTheSource(_ line: String) {
        let text = source(line, line)
        guard let error = refusal({ _ = try CallListSource(yaml: text) }) else { return }
        #expect(error.code == .sourceRefused)
        #expect(error.reason.hasPrefix("line ") || error.reason.hasPrefix("the source"), "\(error.reason)")
        for part in [Self.secret, "Ada", "\n", "relay.json"] {
            #expect(!(error.reason + (error.hint ?? "")).contains(part), "\(error.reason)")
        }
    }

    @Test func aTabIsNamed() throws {
        let error = try #require(
            refusal { _ = try CallListSource(yaml: source().replacing("    name", with: "\tname")) })
        #expect(error.reason.contains("a tab"), "\(error.reason)")
        #expect(error.hint?.contains("spaces") == true)
    }

    /// Editors put byte order marks before a document, and before what they wrote anew.
    @Test func aByteOrderMarkIsRead() throws {
        for text in [
            "\u{feff}" + source(), "---\n\u{feff}# saved again by an editor\n" + source(),
            "\u{feff}\u{feff}" + source().replacing("\n", with: "\r\n"),
        ] { #expect(try CallListSource(yaml: text).members.first?.name == "Ada") }
        // Within a line it is a character like any other.
        let named = try CallListSource(yaml: source().replacing("name: Ada", with: "name: A\u{feff}da"))
        #expect(named.members.first?.name == "A\u{feff}da")
    }

    /// More than there are people would never be reached.
    @Test(arguments: [
        ("[ada], need: 2", true), ("[ada], need: 1", false), ("[ada], need: all", false), ("[], need: 2", true),
    ])
    func aStepNeedsNoMorePeopleThanItCalls(_ step: String, _ isRefused: Bool) throws {
        let text = source().replacing("{targets: [ada]}", with: "{targets: \(step)}")
        let error = refusal { _ = try CallListSource(yaml: text) }
        #expect((error?.reason.contains("needs 2 people") ?? false) == isRefused)
    }

    // MARK: What is said when it is compiled, and again when it is signed

    private func warnings(_ change: (String) -> String) throws -> [String] {
        let fixture = try Founding()
        let source = try change(fixture.source())
        let result = try fixture.compile(source)
        let review = try CallListReview(
            UnverifiedCallList(decoding: result.bundle), root: fixture.root, previous: nil,
            reader: fixture.officers.reader(2), now: Founding.now)
        #expect(review.warnings == result.report.warnings)
        return review.warnings
    }

    @Test func aMembershipThatIsOverIsSaid() throws {
        let warnings = try warnings {
            $0.replacing("name: Ben Volt", with: "name: Ben Volt\n    expires: 2020-01-01")
        }
        #expect(warnings.contains("“Ben Volt” (ben)'s membership ended on 2020-01-01T23:59:59Z: nobody calls them"))
    }

    @Test func aSensorThatCanPageNobodyIsSaid() throws {
        let warnings = try warnings {
            $0.replacing("targets: [ada, ben]\n        need: all", with: "targets: []").replacing(
                "targets: [mira]", with: "targets: []")
        }
        for sensor in ["siem", "probe"] {
            #expect(warnings.contains("sensor \(sensor) can page nobody: policy “night” calls nobody"))
        }
    }

    /// Two are needed and one of them has no device.
    @Test func aNeedThatCannotBeReachedIsSaid() throws {
        let fixture = try Founding()
        let text = try fixture.source(without: "ben").replacing("need: all", with: "need: 2")
        #expect(
            try fixture.compile(text).report.warnings.contains(
                "step 1 of policy “night” needs 2 people, and only 1 of it can be called"))
    }

    @Test func tooFewOfficersWhoCanOpenItAreSaid() throws {
        let fixture = try Founding()
        let text = try fixture.source().replacing("officer-1.json, officer-2.json, ", with: "")
        #expect(
            try fixture.compile(text).report.warnings.contains { $0.hasPrefix("1 of 3 officers can open this list") })
    }
}
