import Foundation
import Terms
import TestTeam
import Testing

@testable import CallList
@testable import Office

/// The YAML source: what it says, and each refusal with its line.
@Suite struct SourceTests {
    private let valid = """
        relays: [relay.json]
        policies:
          night:
            steps:
              - targets: [ada]
              - after: 90s
                targets: [ada]
                need: all
        members:
          - id: ada
            name: Ada Ohm
            roles: [responder]
            clearance: RED
            expires: 2027-01-31
        """

    @Test func readsASource() throws {
        let source = try CallListSource(yaml: valid)
        #expect(source.relays == ["relay.json"])
        #expect(source.validityDays == 90)
        let policy = try #require(source.policies.first)
        #expect(policy.steps.map(\.after) == [0, 90])
        #expect(policy.steps.map(\.need) == [.any, .all])
        #expect(policy.horizon == 72 * 3600)
        let member = try #require(source.members.first)
        #expect(member.name == "Ada Ohm")
        #expect(member.roles == [.responder])
        #expect(member.clearance == .red)
        #expect(member.devices.isEmpty)
        // The last second of that day, in UTC.
        #expect(member.expires == Date(timeIntervalSince1970: 1_801_439_999))
    }

    @Test(arguments: [("5m", 300), ("72h", 259_200), ("1s", 1)] as [(String, UInt32)])
    func readsDurations(_ text: String, _ seconds: UInt32) throws {
        let source = try CallListSource(yaml: valid.replacingOccurrences(of: "90s", with: text))
        #expect(source.policies[0].steps[1].after == seconds)
    }

    @Test func readsATime() throws {
        let text = valid.replacingOccurrences(of: "2027-01-31", with: "2027-01-31T12:00:00Z")
        #expect(try CallListSource(yaml: text).members[0].expires == Date(timeIntervalSince1970: 1_801_396_800))
    }

    /// One change each: what is replaced, by what, the line that the refusal names, and words of its reason.
    struct Change: CustomTestStringConvertible, Sendable {
        let what: String
        let by: String
        let line: Int
        let reason: String
        init(_ what: String, _ by: String, _ line: Int, _ reason: String) {
            (self.what, self.by, self.line, self.reason) = (what, by, line, reason)
        }
        var testDescription: String { "\(what) → \(by)" }
    }

    @Test(
        arguments: [
            Change("id: ada", "id: Ada", 10, "must be an id"),
            Change("id: ada", "id: .ada", 10, "must be an id"),
            Change("roles: [responder]", "roles: [boss]", 12, "must be one of"),
            Change("roles: [responder]", "roles: responder", 12, "must be a list"),
            Change("clearance: RED", "clearance: PINK", 13, "must be one of"),
            Change("2027-01-31", "31.1.2027", 14, "must be a day"),
            Change("2027-01-31", "2027-02-30", 14, "must be a day"),
            Change("2027-01-31", "2027-01-31T25:00:00Z", 14, "must be a day"),
            Change("2027-01-31", "2027-13-01", 14, "must be a day"),
            Change("90s", "90", 6, "must be a duration"),
            Change("90s", "0s", 6, "must be a duration"),
            Change("90s", "-5m", 6, "must be a duration"),
            Change("90s", "99999999999h", 6, "must be a duration"),
            Change("90s", "4294967295h", 6, "must be a duration"),
            Change("need: all", "need: 0", 8, "must be a number"),
            Change("need: all", "need: some", 8, "must be a number"),
            Change("      - after: 90s\n        targets", "      - targets", 6, "a later step needs `after`"),
            Change("      - targets: [ada]\n", "      - {targets: [ada], after: 1m}\n", 5, "the first step"),
            Change("      - targets: [ada]\n", "      - {targets: [ada, ada], need: 2}\n", 5, "twice"),
            Change("name: Ada Ohm", "name: \"Ada\\nOhm\"", 11, "must be one line"),
            Change("name: Ada Ohm", "name: \"Ada\\e[31mOhm\"", 11, "must be one line"),
            Change("name: Ada Ohm", "name: \"\"", 11, "must be one line"),
            Change("name: Ada Ohm", "name: [Ada, Ohm]", 11, "must be one line"),
            Change("name: Ada Ohm", "name: \(String(repeating: "a", count: 201))", 11, "must be one line"),
            Change("clearance: RED", "clearance: RED\n    color: red", 14, "`color` is not known here"),
            Change("    name: Ada Ohm\n", "", 10, "`name` is missing"),
            Change("    roles: [responder]\n", "", 10, "`roles` is missing"),
            Change("relays: [relay.json]", "relays: relay.json", 1, "must be a list"),
            Change("relays: [relay.json]", "validity_days: 367\nrelays: [relay.json]", 1, "must be a number"),
            Change("relays: [relay.json]", "validity_days: 0\nrelays: [relay.json]", 1, "must be a number"),
        ])
    func refusesWithTheLine(_ change: Change) throws {
        let text = valid.replacingOccurrences(of: change.what, with: change.by)
        try #require(text != valid)
        let error = try #require(refusal { _ = try CallListSource(yaml: text) })
        #expect(error.code == .sourceRefused)
        #expect(
            error.reason.hasPrefix("line \(change.line) ") || error.reason.hasPrefix("line \(change.line):"),
            "\(error.reason)")
        #expect(error.reason.contains(change.reason), "\(error.reason)")
    }

    @Test func anUnknownKeyIsAnsweredByTheKnownOnes() throws {
        let error = try #require(refusal { _ = try CallListSource(yaml: valid + "\n    colour: red") })
        #expect(error.reason.contains("members[0].colour"))
        #expect(error.hint?.contains("clearance, contacts, devices, expires, id, name, roles, title") == true)
    }

    @Test(
        arguments: [
            ("relays: [relay.json]", "relays: []", "1 to 16 relays"),
            ("    steps:", "    horizon: 73h\n    steps:", "at most 72h"),
            ("need: all", "need: all\n      - {after: 1m, targets: [eve]}", "who is no member"),
            ("members:", "members:\n  - {id: ada, name: A, roles: [], clearance: RED}", "one id"),
        ])
    func refusesWhatDoesNotFitTogether(_ what: String, _ by: String, _ reason: String) throws {
        let text = valid.replacingOccurrences(of: what, with: by)
        try #require(text != valid)
        let error = try #require(refusal { _ = try CallListSource(yaml: text) })
        #expect(error.code == .sourceRefused)
        #expect(error.reason.contains(reason), "\(error.reason)")
    }

    @Test func aSensorNeedsItsPolicy() throws {
        let sensor = "\nsensors:\n  - {id: siem, name: S, device: {request: r, fingerprint: f}, policy: day}"
        let error = try #require(refusal { _ = try CallListSource(yaml: valid + sensor) })
        #expect(error.reason.contains("policy day, which is not there"))
        let known = sensor.replacingOccurrences(of: "policy: day", with: "policy: night")
        #expect(throws: Never.self) { try CallListSource(yaml: valid + known) }
    }

    @Test(arguments: ["schedules: {}", "external: []", "compartments: []"])
    func whatComesLaterIsSaidSo(_ addition: String) throws {
        let error = try #require(refusal { _ = try CallListSource(yaml: valid + "\n" + addition) })
        #expect(error.code == .notSupportedYet)
        #expect(error.reason.contains("line 15"))
    }

    @Test(arguments: [
        "", "# nothing", "just text", "- a\n- b", "a: [", "a: b: c", "\u{0}", "a: *unknown", "? [a]\n: b",
    ])
    func refusesWhatIsNoSource(_ text: String) {
        #expect(refusal { _ = try CallListSource(yaml: text) }?.code == .sourceRefused)
    }

    @Test func refusesAKeyThatIsThereTwice() {
        #expect(refusal { _ = try CallListSource(yaml: valid + "\nrelays: [b]") }?.code == .sourceRefused)
    }

    @Test func refusesWhatIsTooLong() {
        let text = String(repeating: "#", count: CallListLimits.documentBytes + 1)
        #expect(refusal { _ = try CallListSource(yaml: text) }?.code == .limitExceeded)
    }

    @Test func refusesTooManyPoliciesAndSteps() {
        let steps = String(repeating: "      - {after: 1m, targets: [ada]}\n", count: 31)
        let text = valid.replacingOccurrences(of: "members:\n", with: steps + "members:\n")
        #expect(refusal { _ = try CallListSource(yaml: text) }?.reason.contains("1 to 32 steps") == true)
        let policies = (0...256).map { "  p\($0): {steps: [{targets: [ada]}]}\n" }.joined()
        let many = valid.replacingOccurrences(of: "members:\n", with: policies + "members:\n")
        #expect(refusal { _ = try CallListSource(yaml: many) }?.reason.contains("at most 256 policies") == true)
    }

    @Test(arguments: ["[", "{a: ", "- "])
    func deepNestingDoesNotTrap(_ opening: String) {
        let text = String(repeating: opening, count: 100_000)
        #expect(refusal { _ = try CallListSource(yaml: text) }?.code == .sourceRefused)
    }

    @Test func aliasesThatMultiplyAreNotExpanded() {
        var text = "a0: &a0 [x, x]\n"
        for level in 1...40 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        #expect(refusal { _ = try CallListSource(yaml: text) }?.code == .sourceRefused)
    }

    @Test func everyAlterationIsReadOrRefused() {
        for altered in alterations(of: Array(valid.utf8)) {
            _ = refusal { _ = try CallListSource(yaml: String(decoding: altered, as: UTF8.self)) }
        }
    }
}
