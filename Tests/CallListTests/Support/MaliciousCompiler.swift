import DSSE
import Foundation
import Sodium
import Terms
import TestTeam

@testable import CallList

/// An officer who compiles a list honestly and then changes it at will: this one has made every view's key, so may seal
/// whatever they like, and put every hash and commitment right.
struct MaliciousCompiler {
    let fixture: Founding
    let first: CallList
    /// The clear part and the views' plaintexts of the honest next list.
    let clear: JSONValue
    let plaintexts: [String: JSONValue]
    let views: [String: JSONValue]
    private let keys: [String: ViewKey]
    /// In the order of the clear part.
    private let names: [String]

    init(_ fixture: Founding) throws {
        self.fixture = fixture
        first = try fixture.list()
        let honest = try UnverifiedCallList(
            decoding: fixture.unsigned(previous: first, at: Founding.now.addingTimeInterval(86_400))
        ).preview(root: fixture.root)
        clear = try Self.json(honest.payload)
        names = honest.document.views.map(\.name)
        var (plaintexts, views, keys): ([String: JSONValue], [String: JSONValue], [String: ViewKey]) = ([:], [:], [:])
        for name in names {
            let (key, plaintext) = try honest.open(name, fixture.officers.reader(1))
            keys[name] = key
            plaintexts[name] = try Self.json(plaintext)
            views[name] = try Self.json(Documents.encode(honest.views[name]))
        }
        (self.plaintexts, self.views, self.keys) = (plaintexts, views, keys)
    }

    /// What a signer is told of a list; nil where signing refuses.
    struct Words: Equatable {
        let changes: CallListChanges
        let version: UInt64
        let issued, expires: Date
    }

    /// What the second officer sees.
    func words(_ bundle: [UInt8]) -> Words? {
        guard let review = try? review(bundle) else { return nil }
        return Words(
            changes: review.changes, version: review.list.version, issued: review.list.issued,
            expires: review.list.expires)
    }

    func review(_ bundle: [UInt8]) throws -> CallListReview {
        try CallListReview(
            UnverifiedCallList(decoding: bundle), root: fixture.root, previous: first,
            reader: fixture.officers.reader(1), now: Founding.now.addingTimeInterval(86_400))
    }

    var honest: [UInt8] { get throws { try bundle(clear: clear, views: views) } }

    // MARK: Changed lists

    /// With these views, whose hashes are put right in the clear part, and another clear part.
    func bundle(clear: JSONValue, views: [String: JSONValue]) throws -> [UInt8] {
        var clear = clear
        var bytes: [Data] = []
        for (index, name) in names.enumerated() {
            guard let view = views[name] else { continue }
            let encoded = try Documents.encode(view)
            bytes.append(Data(encoded))
            if view != self.views[name] {
                clear[[.name("views"), .index(index), .name("hash")]] = .string(
                    Hexadecimal.encode(SHA256.hash(encoded)))
            }
        }
        let envelope = DSSEEnvelope(payloadType: ClearPart.payloadType, payload: try Documents.encode(clear))
        return try Documents.encode(UnverifiedCallList.Bundle(envelope: Data(envelope.encoded()), views: bytes))
    }

    /// With another plaintext in one view, sealed, hashed and committed to anew. With the team's, all that follows from it too:
    /// whose devices they are, and the sensors' routes.
    func bundle(_ name: String, plaintext: JSONValue) throws -> [UInt8] {
        var contents = [name: try Documents.encode(plaintext)]
        var clear = clear
        if name == SealedView.teamName, let key = keys[name],
            let team = try? JSONDecoder().decode(TeamView.self, from: Data(contents[name] ?? []))
        {
            commit(to: team, key, in: &clear)
            for sensor in team.sensors {
                let name = SealedView.sensorName(sensor.device)
                guard keys[name] != nil, let route = team.route(of: sensor, at: Founding.now) else { continue }
                contents[name] = try Documents.encode(route)
            }
        }
        var views = views
        for (name, content) in contents {
            guard let key = keys[name], let index = names.firstIndex(of: name) else { continue }
            views[name] = try Self.json(Documents.encode(SealedView.seal(content, key: key, to: recipients(name))))
            clear[[.name("views"), .index(index), .name("commitment")]] = .string(
                Data(key.commitment(to: content)).base64EncodedString())
        }
        return try bundle(clear: clear, views: views)
    }

    /// With a wrap of another view's key for one recipient: they would read something else than the signers.
    func bundle(_ name: String, otherKeyFor recipient: Int) throws -> [UInt8] {
        let key = ViewKey(name: name, version: 2)
        let other = try Self.json(
            Documents.encode(
                SealedView.seal(Documents.encode(plaintexts[name]), key: key, to: recipients(name))))
        var views = views
        let place: JSONValue.Path = [.name("wraps"), .index(recipient)]
        views[name]?[place] = other[place]
        return try bundle(clear: clear, views: views)
    }

    private func commit(to team: TeamView, _ key: ViewKey, in clear: inout JSONValue) {
        for (index, device) in fixture.people.map(\.1).sorted(by: { $0.id < $1.id }).enumerated() {
            let owner = team.member(of: device.id).map { key.commitment(to: $0) }
            guard let hash = owner ?? team.sensor(of: device.id).map({ key.commitment(to: $0) }) else { continue }
            clear[[.name("devices"), .index(index), .name("commitment")]] = .string(Data(hash).base64EncodedString())
        }
    }

    private func recipients(_ name: String) -> [ViewRecipient] {
        let officers = fixture.officers.keys.indices.map { ViewRecipient.officer(fixture.officers.officer($0)) }
        return first.devices.filter {
            name == SealedView.teamName ? $0.kind == .person : name == SealedView.sensorName($0.id)
        }.map { ViewRecipient.device($0) } + officers
    }

    static func json(_ bytes: [UInt8]) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }
}
