import Foundation
import Sodium
import Terms
import TestTeam
import Testing

@testable import CallList

/// What an officer is shown before they sign, and what they must have heard [R17].
@Suite struct ReviewTests {
    private let fixture: Founding
    private let first: CallList
    /// What is said of a list that only renews the first: that devices stay a second longer.
    private let renewal: Set<String>

    init() throws {
        fixture = try Founding()
        first = try fixture.list()
        let next = try CallListReview(
            UnverifiedCallList(decoding: fixture.unsigned(previous: first)), root: fixture.root, previous: first,
            reader: fixture.officers.reader(0), now: Founding.now)
        renewal = Set(next.changes.changes.map(\.line))
    }

    private func review(
        _ bundle: [UInt8], previous: CallList? = nil, by officer: Int = 0, reader: ViewReader? = nil,
        at date: Date = Founding.now, accepting issued: Date? = nil
    ) throws -> CallListReview {
        try CallListReview(
            UnverifiedCallList(decoding: bundle), root: fixture.root, previous: previous,
            reader: reader ?? fixture.officers.reader(officer), now: date, accepting: issued)
    }

    /// What is said beside the renewal.
    private func lines(_ review: CallListReview) -> [String] {
        review.changes.changes.map(\.line).filter { !renewal.contains($0) }
    }

    private func lines(_ source: String) throws -> [String] {
        lines(try review(fixture.unsigned(source, previous: first), previous: first))
    }

    @Test func aFirstListIsAllNew() throws {
        let review = try review(fixture.unsigned())
        let changes = review.changes
        #expect(changes.changes.allSatisfy { $0.mark == .added })
        #expect(Set(changes.newDevices.map(\.device)) == Set(fixture.people.map(\.1.id)))
        for (name, keys) in fixture.people {
            let device = try #require(changes.newDevices.first { $0.device == keys.id })
            #expect(try device.fingerprint == fixture.fingerprint(name))
            #expect(changes.changes.contains { $0.part == .devices && $0.line.contains(device.fingerprint) })
        }
        let lines = changes.changes.map(\.line)
        #expect(lines.contains("+ “Ada Ohm” (ada): name “Ada Ohm”; roles responder, lead; up to TLP:RED"))
        #expect(
            lines.contains(
                "+ policy “night”: step 1 at once “Ada Ohm” (ada), “Ben Volt” (ben), all must acknowledge; "
                    + "step 2 after 5 min “Mira Watt” (mira), one must acknowledge; ends after 12 h"))
        #expect(lines.contains { $0.hasPrefix("+ relay “relay-1”: addresses https://192.0.2.1:8443; identity key ") })
        #expect(
            lines.contains {
                $0.hasPrefix("+ root: version 1; digest ") && $0.hasSuffix("officers who must sign 2 of 3")
            })
        #expect(lines.filter { $0.hasPrefix("+ officer ") && $0.contains("sealing key ") }.count == 3)
    }

    @Test func aRenewalSaysOnlyThatDevicesStayLonger() {
        #expect(renewal.count == first.devices.count)
        #expect(
            renewal.allSatisfy {
                $0.hasPrefix("~ device ") && $0.hasSuffix(": until 2030-09-13T17:46:40Z → 2030-09-13T17:46:41Z")
            })
    }

    /// One edit of the source each, and all that is said of it.
    @Test(
        arguments: [
            ("clearance: RED", "clearance: GREEN", ["~ “Ada Ohm” (ada): up to TLP:RED → TLP:GREEN"]),
            (
                "name: Ada Ohm", "name: Ada Weber",
                [
                    "~ “Ada Weber” (ada): name “Ada Ohm” → “Ada Weber”",
                    "~ device ADA of “Ada Weber” (ada): owner “Ada Ohm” (ada) → “Ada Weber” (ada); "
                        + "until 2030-09-13T17:46:40Z → 2030-09-13T17:46:41Z",
                    "~ policy “night”: step 1 at once “Ada Ohm” (ada), “Ben Volt” (ben), all must acknowledge → "
                        + "at once “Ada Weber” (ada), “Ben Volt” (ben), all must acknowledge",
                ]
            ),
            (
                "name: Ada Ohm", "name: Ada Ohm\n    title: CISO\n    contacts: {mobile: \"+44 1\"}",
                ["~ “Ada Ohm” (ada): title none → “CISO”; contact “mobile” none → “+44 1”"]
            ),
            (
                "name: Ada Ohm", "name: Ada Ohm\n    expires: 2030-04-01",
                [
                    "~ “Ada Ohm” (ada): until none → 2030-04-01T23:59:59Z",
                    "~ device ADA of “Ada Ohm” (ada): until 2030-09-13T17:46:40Z → 2030-04-01T23:59:59Z",
                ]
            ),
            (
                "need: all", "need: any",
                [
                    "~ policy “night”: step 1 at once “Ada Ohm” (ada), “Ben Volt” (ben), all must acknowledge → "
                        + "at once “Ada Ohm” (ada), “Ben Volt” (ben), one must acknowledge"
                ]
            ),
            ("horizon: 12h", "horizon: 90s", ["~ policy “night”: ends after 12 h → 90 s"]),
            ("horizon: 12h", "horizon: 12h\n    close: 2", ["~ policy “night”: is over when this many agree none → 2"]),
            (
                "name: SIEM", "name: Splunk",
                [
                    "~ device SIEM of “Splunk” (siem): owner “SIEM” (siem) → “Splunk” (siem); "
                        + "until 2030-09-13T17:46:40Z → 2030-09-13T17:46:41Z",
                    "~ “Splunk” (siem): name “SIEM” → “Splunk”",
                ]
            ),
        ] as [(String, String, [String])])
    func whatChangesIsSaid(_ what: String, _ by: String, _ expected: [String]) throws {
        let source = try fixture.source()
        let place = try #require(source.range(of: what))
        let said = try lines(source.replacingCharacters(in: place, with: by))
        #expect(
            said
                == expected.map {
                    $0.replacing("device ADA", with: "device \(fixture.ada.id.short)")
                        .replacing("device SIEM", with: "device \(fixture.siem.id.short)")
                })
    }

    /// A list has up to ten thousand devices: what is compared is looked up, not searched for.
    @Test(.timeLimit(.minutes(1))) func aLargeTeamIsComparedInTimeThatGrowsWithIt() {
        func team(_ clearance: TLP) -> TeamView {
            let members = (0..<40_000).compactMap { number in
                MemberID("m\(number)").map { id in
                    Member(
                        id: id, name: "Member \(number)", title: nil, roles: [.analyst], clearance: clearance,
                        contacts: [:], devices: [], expires: nil)
                }
            }
            return TeamView(members: members, sensors: [], policies: [])
        }
        let changes = CallListChanges(
            from: OpenedCallList(first, team: team(.red)), to: OpenedCallList(first, team: team(.amber)))
        #expect(changes.changes.count == 40_000)
    }

    /// What somebody is called is never taken for what the list says.
    @Test func aNameThatImitatesWordsIsQuoted() throws {
        let name = "Ada Ohm; roles none → executive”"
        let source = try fixture.source().replacing("name: Ada Ohm", with: "name: \"\(name)\"")
        let line = try #require(try lines(source).first { $0.contains(": name ") })
        #expect(line.hasSuffix(": name “Ada Ohm” → “Ada Ohm; roles none → executive\\u{201d}”"))
    }

    @Test func aRemovedPersonIsSaid() throws {
        let source = try fixture.source(without: "mira")
        #expect(try lines(source) == ["- device \(fixture.mira.id.short) of “Mira Watt” (mira)"])
        let review = try review(fixture.unsigned(source, previous: first), previous: first)
        #expect(review.warnings.contains("step 2 of policy “night” calls nobody and will be skipped"))
    }

    @Test func anotherRelayIsSaid() throws {
        let other = RelayRecord(
            id: "relay-1", addresses: ["https://192.0.2.9:8443"], identity: Data(repeating: 2, count: 32),
            tlsCertificate: Data([9]))
        try FileManager.default.removeItem(at: fixture.directory.file("relay.json"))
        try fixture.directory.write("relay.json", other.encoded())
        let line = try #require(try lines(fixture.source()).first)
        for part in [
            "~ relay “relay-1”: ", "https://192.0.2.1:8443 → https://192.0.2.9:8443", "identity key ", "certificate ",
        ] {
            #expect(line.contains(part))
        }
    }

    // MARK: Times

    /// A relay's clock and devices' terms are held to it, so a signer's clock must agree: or the signer insists, in so many words.
    @Test(arguments: [(-86_401, false), (-86_400, true), (0, true), (86_400, true), (86_401, false)])
    func aListIsIssuedWithinADayOfTheSignersClock(_ seconds: Int, _ isSigned: Bool) throws {
        let issued = Founding.now.addingTimeInterval(TimeInterval(seconds))
        let bundle = try fixture.unsigned(at: issued)
        guard let error = refusal({ _ = try review(bundle) }) else {
            #expect(isSigned)
            return
        }
        #expect(!isSigned && error.code == .reviewRefused)
        // Both times are named, and what is typed where the signer knows better.
        for time in [issued, Founding.now] { #expect(error.reason.contains(Documents.timestamp(time))) }
        #expect(error.hint?.contains("--issued \(Documents.timestamp(issued))") == true)
        #expect(throws: Never.self) { try review(bundle, accepting: issued) }
        #expect(refusal { _ = try review(bundle, accepting: issued.addingTimeInterval(1)) }?.code == .reviewRefused)
    }

    /// Another program than the compiler does not lengthen what the compiler would not.
    @Test(arguments: [(366, false), (367, true)])
    func aListIsNotValidForLongerThanAYear(_ days: Int, _ isRefused: Bool) throws {
        let bundle = try draft(validityDays: days).bundle(root: fixture.root)
        let error = refusal { _ = try review(bundle) }
        #expect((error != nil) == isRefused)
        #expect(error.map { $0.code == .reviewRefused && $0.reason.contains("more than 366 days") } ?? true)
    }

    /// Nobody's but the officers' own: no devices, no views but the team's.
    private func draft(validityDays: Int) throws -> CallListDraft {
        var draft = CallListDraft(
            version: 1, issued: Founding.now, validityDays: validityDays, rotations: [], previous: nil)
        draft.relays = [Founding.relay]
        draft.officers = fixture.officers.keys.indices.map { fixture.officers.officer($0) }
        return draft
    }

    @Test func aDeviceThatHasEndedIsWarnedOf() throws {
        let source = try fixture.source().replacing(
            "name: Ada Ohm", with: "name: Ada Ohm\n    expires: \(Documents.timestamp(Founding.now))")
        let warning =
            "device \(fixture.ada.id.short) of “Ada Ohm” (ada) ends on 2030-03-17T17:46:40Z, no later than this list is "
            + "issued: it can do nothing"
        #expect(try review(fixture.unsigned(source)).warnings.contains(warning))
        #expect(try review(fixture.unsigned()).warnings == [])
    }

    // MARK: Signing

    @Test func eachNewFingerprintMustBeConfirmed() throws {
        let review = try review(fixture.unsigned())
        let heard = review.changes.newDevices.map(\.fingerprint)
        let key = fixture.officers.keys[0]
        for count in 0..<heard.count {
            let error = try #require(refusal { _ = try review.signed(by: key, confirmed: Array(heard.prefix(count))) })
            #expect(error.code == .reviewRefused)
            #expect(error.reason.contains("is not confirmed"))
        }
        let other = Fingerprint.make(of: [7])
        #expect(
            refusal { _ = try review.signed(by: key, confirmed: heard + [other]) }?.reason.contains(other) == true)
        // Nor does one stand for two.
        let twice = heard.dropLast() + [heard[0]]
        #expect(refusal { _ = try review.signed(by: key, confirmed: Array(twice)) }?.code == .reviewRefused)
        let signed = try review.signed(by: key, confirmed: heard.map { $0.replacing(" ", with: "-") })
        #expect(try UnverifiedCallList(decoding: signed).signatureCount(root: fixture.root) == 1)
    }

    @Test func onlyAnOfficerSigns() throws {
        let review = try review(fixture.unsigned(previous: first), previous: first)
        #expect(refusal { _ = try review.signed(by: Officers.key(9), confirmed: []) }?.code == .notSigned)
    }

    @Test func anOfficerWhomTheListIsNotSealedToSignsNothing() throws {
        let source = try fixture.source().replacing("officer-1.json, ", with: "")
        let bundle = try fixture.unsigned(source, previous: first)
        let error = try #require(refusal { _ = try review(bundle, previous: first) })
        #expect(error.code == .viewNotForThisDevice)
        #expect(error.reason.contains("blind"))
        #expect(error.hint?.contains("officers:") == true)
        // The others see that.
        let seen = lines(try review(bundle, previous: first, by: 1))
        #expect(seen.count == 1)
        #expect(seen.first?.hasSuffix("→ none, so cannot check the next list") == true)
    }

    @Test func whatItFollowsMustBeGiven() throws {
        let bundle = try fixture.unsigned(previous: first)
        let error = try #require(refusal { _ = try review(bundle) })
        #expect(error.code == .gap)
        #expect(error.hint?.contains("--previous") == true)
        let other = try fixture.list()
        #expect(refusal { _ = try review(bundle, previous: other) }?.code == .wrongPrevious)
    }

    @Test func aSealingKeyNeverGoesBack() throws {
        // No later than the listed one.
        let source = try source(sealing: fixture.ada.renewed(), created: Founding.now)
        let bundle = try fixture.unsigned(source, previous: first)
        let error = try #require(refusal { _ = try review(bundle, previous: first) })
        #expect(error.reason.contains("older sealing key of device \(fixture.ada.id.short)"))
        #expect(error.hint?.contains("old document") == true)
    }

    /// A document that names an officer's key of before: nobody is locked out, for nobody signs it.
    @Test func anOfficersSealingKeyNeverGoesBack() throws {
        try FileManager.default.removeItem(at: fixture.directory.file("officer-1.json"))
        try fixture.directory.write(
            "officer-1.json", fixture.officers.document(0, renewed: Founding.now.addingTimeInterval(-1)))
        let bundle = try fixture.unsigned(previous: first)
        let error = try #require(refusal { _ = try review(bundle, previous: first, by: 1) })
        #expect(error.reason.contains("older sealing key of officer "))
        #expect(error.hint?.contains("tocsin officer public") == true)
    }

    /// The listed key in a document of another date is no change, whichever way that differs.
    @Test(arguments: [-86_400, 1, 86_400.0])
    func theSameSealingKeyAgainIsNoChange(_ seconds: TimeInterval) throws {
        let source = try source(sealing: fixture.ada, created: Founding.now.addingTimeInterval(seconds))
        #expect(try lines(source) == [])
    }

    /// The source with a sealing key of ada's.
    private func source(sealing keys: DeviceKeys, created: Date) throws -> String {
        try fixture.directory.write("ada.sealing", SealingRenewal.make(keys, created: created))
        let entry = "{request: ada.request, "
        return try fixture.source().replacing(entry, with: entry + "sealing: ada.sealing, ")
    }

    /// The device signs it: it is said, and nobody is telephoned.
    @Test func aRenewedSealingKeyNeedsNoVoice() throws {
        let renewed = try DeviceKeys(serialized: fixture.ada.renewed().serialized())
        #expect(renewed.id == fixture.ada.id)
        let created = Founding.now.addingTimeInterval(1)
        let source = try source(sealing: renewed, created: created)
        let bundle = try fixture.unsigned(source, previous: first)
        let review = try review(bundle, previous: first)
        let before = try #require(first.device(fixture.ada.id)?.sealing.short)
        #expect(
            lines(review) == [
                "~ device \(fixture.ada.id.short) of “Ada Ohm” (ada): until 2030-09-13T17:46:40Z → 2030-09-13T17:46:41Z; "
                    + "sealing key \(before) of 2030-03-17T17:46:40Z → \(renewed.sealing(created: created).short) of 2030-03-17T17:46:41Z"
            ])
        #expect(throws: Never.self) { try review.signed(by: fixture.officers.keys[0], confirmed: []) }
        let list = try fixture.officers.verified(fixture.signed(bundle, by: 0, 1))
        for list in [first, list] { #expect(throws: Never.self) { try list.openTeam(with: renewed) } }
        #expect(refusal { _ = try list.openTeam(with: fixture.ada) }?.code == .viewMismatch)

        try FileManager.default.removeItem(at: fixture.directory.file("ada.sealing"))
        try fixture.directory.write("ada.sealing", SealingRenewal.make(fixture.ben.renewed(), created: created))
        #expect(refusal { _ = try fixture.unsigned(source, previous: first) }?.hint?.contains("device renew") == true)
    }

    @Test func anOldSealingKeyIsWarnedOf() throws {
        let late = Founding.now.addingTimeInterval(91 * 86_400)
        let warnings = try review(fixture.unsigned(previous: first, at: late), previous: first, at: late).warnings
        #expect(warnings.count { $0.hasSuffix("days old: tocsin device renew") } == 5)
        #expect(warnings.count { $0.hasSuffix("days old: tocsin officer renew") } == 3)
    }

    // MARK: Passing keys on

    /// A new officer, whom the list in force is not sealed to, gets its keys from another.
    @Test func aNewOfficerComparesByTheKeysThatArePassedOn() throws {
        let alone = try fixture.list(
            fixture.source().replacing(", officer-3.json", with: ""))
        let bundle = try fixture.unsigned(previous: alone)
        let error = try #require(refusal { _ = try review(bundle, previous: alone, by: 2) })
        #expect(error.hint?.contains("pass-keys") == true)

        let file = try PassedViewKeys.make(of: alone, by: fixture.officers.reader(0), to: fixture.officers.officer(2))
        let reader = try PassedViewKeys.take(file, by: fixture.officers.reader(2))
        let seen = try review(bundle, previous: alone, reader: reader)
        #expect(lines(seen).count == 1)
        #expect(throws: Never.self) { try seen.signed(by: fixture.officers.keys[2], confirmed: []) }
        // For nobody else, and not of another list.
        #expect(
            refusal { _ = try PassedViewKeys.take(file, by: fixture.officers.reader(1)) }?.code == .viewNotForThisDevice
        )
        let other = try fixture.list(fixture.source().replacing(", officer-3.json", with: ""))
        #expect(refusal { _ = try OpenedCallList(other, reader: reader) }?.code == .viewNotForThisDevice)
    }

    /// Whoever passes keys on may lie: the list commits to the keys.
    @Test func keysOfAnotherViewDoNotOpenTheList() throws {
        var reader = fixture.officers.reader(2)
        reader.take([SealedView.teamName: .random(count: 32)], ofList: first.digest)
        #expect(refusal { _ = try OpenedCallList(first, reader: reader) }?.code == .viewMismatch)
    }
}
