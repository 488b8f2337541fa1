import DSSE
import Escalation
import Foundation
import Sodium
import Terms
import TestTeam
import Testing

@testable import CallList

/// Who may read what, and that a view belongs to one list and one place in it.
@Suite struct SealedViewTests {
    private let fixture: Founding
    private let list: CallList

    init() throws {
        fixture = try Founding()
        list = try fixture.list()
    }

    @Test func personsReadTheTeam() throws {
        for keys in [fixture.ada, fixture.ben, fixture.mira] {
            let team = try list.openTeam(with: keys)
            #expect(team.members.map(\.name) == ["Ada Ohm", "Ben Volt", "Mira Watt"])
            #expect(team.sensors.map(\.name) == ["Probe", "SIEM"])
            #expect(team.displayName(of: fixture.mira.id) == "Mira Watt")
            #expect(team.displayName(of: fixture.siem.id) == "SIEM")
            #expect(team.displayName(of: .random()) == nil)
            #expect(team.member(of: fixture.siem.id) == nil)
            #expect(team.member(of: fixture.ada.id)?.isLeadCapable == true)
        }
    }

    @Test func aSensorDoesNotReadTheTeam() {
        #expect(refusal { _ = try list.openTeam(with: fixture.siem) }?.code == .viewNotForThisDevice)
    }

    @Test func aSensorReadsOnlyItsOwnRoute() throws {
        let view = try list.openSensor(with: fixture.siem)
        #expect(view.name == "SIEM")
        #expect(view.horizon == 12 * 3600)
        #expect(view.steps.map(\.delay) == [0, 300])
        #expect(view.steps.map(\.need) == [0, 1])
        #expect(view.steps.map(\.persons) == [[[fixture.ada.id], [fixture.ben.id]], [[fixture.mira.id]]])
        // Another sensor's view, even when asked for by name.
        let theirs = try #require(list.views[SealedView.sensorName(fixture.probe.id)])
        #expect(
            refusal { _ = try theirs.open(SensorView.self, version: 1, keys: fixture.siem) }?.code
                == .viewNotForThisDevice)
        #expect(refusal { _ = try list.openSensor(with: fixture.ada) }?.code == .viewNotForThisDevice)
        #expect(refusal { _ = try list.openTeam(with: .generate(kind: .person)) }?.code == .viewNotForThisDevice)
    }

    @Test func aSensorsViewHoldsNoNames() throws {
        let view = try #require(list.views[SealedView.sensorName(fixture.siem.id)])
        let read = try view.open(AnyJSON.self, version: 1, keys: fixture.siem)
        #expect(read.text.contains(fixture.ada.id.description))
        // Not "ada": its letters are hexadecimal digits, of which the pseudonyms consist.
        for name in ["Ohm", "Volt", "Watt", "ben", "mira", "night"] { #expect(!read.text.contains(name)) }
    }

    @Test func anotherKeyDoesNotOpenAWrap() throws {
        let stranger = try DeviceKeys.generate(kind: .person)
        let view = try #require(list.views[SealedView.teamName])
        let wraps = view.wraps.map {
            SealedView.Wrap(
                recipient: $0.recipient == fixture.ada.id.description ? stranger.id.description : $0.recipient,
                encapsulatedKey: $0.encapsulatedKey, ciphertext: $0.ciphertext)
        }
        let forged = SealedView(name: view.name, ciphertext: view.ciphertext, wraps: wraps)
        #expect(refusal { _ = try forged.open(TeamView.self, version: 1, keys: stranger) }?.code == .viewMismatch)
    }

    @Test func aViewDoesNotMoveToAnotherVersionOrName() throws {
        let view = try #require(list.views[SealedView.teamName])
        #expect(throws: Never.self) { try view.open(TeamView.self, version: 1, keys: fixture.ada) }
        #expect(refusal { _ = try view.open(TeamView.self, version: 2, keys: fixture.ada) }?.code == .viewMismatch)
        let renamed = SealedView(name: "external", ciphertext: view.ciphertext, wraps: view.wraps)
        #expect(refusal { _ = try renamed.open(TeamView.self, version: 1, keys: fixture.ada) }?.code == .viewMismatch)
    }

    @Test func anotherListsViewIsRefused() throws {
        let other = try fixture.list()
        let (mine, theirs) = (try bundle(list), try bundle(other))
        let mixed = UnverifiedCallList.Bundle(envelope: mine.envelope, views: theirs.views)
        #expect(refused(mixed) == .viewMismatch)
    }

    @Test func missingAddedAndDoubledViewsAreRefused() throws {
        let whole = try bundle(list)
        #expect(refused(.init(envelope: whole.envelope, views: Array(whole.views.dropLast()))) == .viewMismatch)
        #expect(refused(.init(envelope: whole.envelope, views: whole.views + [whole.views[0]])) == .viewMismatch)
        #expect(refused(.init(envelope: whole.envelope, views: [])) == .viewMismatch)
        #expect(refused(.init(envelope: whole.envelope, views: [Data("{}".utf8)])) == .malformed)
        // The order is not signed, and does not matter.
        #expect(refused(.init(envelope: whole.envelope, views: whole.views.reversed())) == nil)
    }

    /// Every altered byte of every view is found by its signed hash.
    @Test func anAlteredViewIsRefused() throws {
        let whole = try bundle(list)
        for (index, view) in whole.views.enumerated() {
            for place in stride(from: 0, to: view.count, by: 7) {
                var views = whole.views
                views[index][place] ^= 1
                let error = refused(.init(envelope: whole.envelope, views: views))
                #expect(error == .viewMismatch || error == .malformed)
            }
        }
    }

    /// Cuts and altered bytes all over the file: refused, or (an altered byte in what is not signed) harmless.
    @Test func everyAlterationOfABundleIsRefusedOrHarmless() throws {
        var refused = 0
        let altered = alterations(of: list.bundleBytes, step: 5)
        for bytes in altered {
            do {
                let read = try UnverifiedCallList(decoding: bytes).verify(root: fixture.root)
                #expect(read.digest == list.digest)
                #expect(try read.openTeam(with: fixture.ada).members == list.openTeam(with: fixture.ada).members)
            } catch { refused += 1 }
        }
        #expect(refused * 10 > altered.count * 9)
    }

    private func bundle(_ list: CallList) throws -> UnverifiedCallList.Bundle {
        try Documents.decode(UnverifiedCallList.Bundle.self, from: list.bundleBytes, what: "list")
    }

    private func refused(_ bundle: UnverifiedCallList.Bundle) -> CallListError.Code? {
        refusal {
            _ = try UnverifiedCallList(decoding: Documents.encode(bundle)).verify(root: fixture.root)
        }?.code
    }
}

extension SealedView {
    fileprivate func open<T: Decodable>(_ type: T.Type, version: UInt64, keys: DeviceKeys) throws -> T {
        let key = try ViewReader.device(keys).key(of: self, version: version, digest: "")
        return try Documents.decode(type, from: plaintext(key), what: "view")
    }
}

/// Whatever JSON there is, as one text.
private struct AnyJSON: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let object = try? container.decode([String: AnyJSON].self) {
            text = object.map { "\($0.key) \($0.value.text)" }.joined(separator: " ")
        } else if let list = try? container.decode([AnyJSON].self) {
            text = list.map(\.text).joined(separator: " ")
        } else {
            text = (try? container.decode(String.self)) ?? ""
        }
    }
}
