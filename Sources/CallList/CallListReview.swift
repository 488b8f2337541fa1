public import Foundation
public import Sodium
public import Terms

/// An unsigned call list before the eyes of an officer [R17]: everything that it holds was opened and computed again, down to
/// each recipient's wrap, so what ``changes`` says in words is what everybody will read. Only a review signs.
public struct CallListReview: Sendable {
    public let list: CallList
    /// Against the version before.
    public let changes: CallListChanges
    /// What will not work as it may have been meant.
    public let warnings: [String]
    private let unsigned: UnverifiedCallList
    private let root: TrustedRoot

    /// - Parameters:
    ///   - root: the pinned one.
    ///   - previous: the version that this list follows; nil for the first.
    ///   - reader: the officer who is about to sign.
    ///   - now: by the officer's clock.
    ///   - issued: the issue time that the officer insists on, whatever that clock says.
    /// - Throws: what verifying throws, but for missing signatures; `gap` and the like; `viewNotForThisDevice` where the views
    ///   are not sealed to this officer; `reviewRefused` where anything is not as computed, or at a time that cannot be.
    public init(
        _ unsigned: UnverifiedCallList, root: TrustedRoot, previous: CallList?, reader: ViewReader, now: Date,
        accepting issued: Date? = nil
    ) throws(CallListError) {
        list = try unsigned.preview(root: root)
        if let previous {
            try list.checkSucceeds(previous)
        } else if list.version != 1 {
            throw CallListError(
                .gap, "call list \(list.version) follows another, which was not given",
                hint: "--previous FILE: without it nobody sees what changes")
        }
        try Self.checkTimes(of: list, now: now, accepting: issued)
        let before = try previous.map { (list) throws(CallListError) in
            do throws(CallListError) {
                return try OpenedCallList(list, reader: reader)
            } catch {
                throw CallListError(
                    error.code, "call list \(list.version) cannot be opened by this officer",
                    hint: "another officer passes its keys on: tocsin calllist pass-keys FILE --to OFFICER.json")
            }
        }
        let after = OpenedCallList(list, team: try Self.recompute(list, reader))
        if let previous { try Self.checkSealing(of: list, after: previous) }
        try Self.checkRotations(of: list, after: previous)
        changes = CallListChanges(from: before, to: after)
        warnings = after.warnings(at: list.issued)
        self.unsigned = unsigned
        self.root = root
    }

    /// The list with one more officer's signature, as a file's bytes.
    /// - Parameter confirmed: the fingerprints that the officer heard, however written: each new device's, and no other.
    /// - Throws: `reviewRefused`, `notSigned`.
    public func signed(by key: Ed25519.PrivateKey, confirmed: [String]) throws(CallListError) -> [UInt8] {
        let unconfirmed = try Confirmation.unconfirmed(changes.newDevices, confirmed) { text in
            CallListError(
                .reviewRefused, "no new device of this list has the fingerprint \(text)",
                hint: "do not sign: whose fingerprint is it, and why is that device not on the list?")
        }
        if let device = unconfirmed {
            throw CallListError(
                .reviewRefused,
                "the fingerprint of \(device.owner)'s new device \(device.device.short) is not confirmed",
                hint: "ask \(device.owner) by voice, then --confirm FINGERPRINT; or leave the device out")
        }
        return try unsigned.adding(signatureBy: key, root: root)
    }

    // MARK: Computing again

    private static func recompute(_ list: CallList, _ reader: ViewReader) throws(CallListError) -> TeamView {
        try same(try Documents.encode(list.document), list.payload, "the clear part")
        guard list.devices.map(\.id) == list.devices.map(\.id).sorted(),
            list.officers.map(\.key.bytes)
                == list.officers.map(\.key.bytes).sorted(by: { $0.lexicographicallyPrecedes($1) })
        else { throw notAsComputed("the order of devices or officers") }
        let officers = list.officers.map { ViewRecipient.officer($0) }
        let persons = list.devices.filter { $0.kind == .person }.map { ViewRecipient.device($0) }
        let (key, plaintext) = try opened(SealedView.teamName, of: list, reader)
        let team = try list.decode(TeamView.self, plaintext)
        try same(try Documents.encode(team.canonical), plaintext, "the team's view")
        try recompute(list, key, plaintext, to: persons + officers)
        try team.check(against: list, key: key)
        var names = [SealedView.teamName]
        for sensor in team.sensors {
            let name = SealedView.sensorName(sensor.device)
            names.append(name)
            guard let device = list.device(sensor.device), let route = team.route(of: sensor, at: list.issued) else {
                throw CallListError(.reviewRefused, "sensor \(sensor.id) has no device or no policy")
            }
            let (key, plaintext) = try opened(name, of: list, reader)
            try same(try Documents.encode(route), plaintext, "the view of sensor \(sensor.id)")
            try recompute(list, key, plaintext, to: [.device(device)] + officers)
        }
        guard names == list.document.views.map(\.name) else {
            throw CallListError(.reviewRefused, "the list has a sealed view that is nobody's, or in another order")
        }
        return team
    }

    private static func opened(
        _ name: String, of list: CallList, _ reader: ViewReader
    ) throws(CallListError) -> (key: ViewKey, plaintext: [UInt8]) {
        do {
            return try list.open(name, reader)
        } catch {
            guard error.code == .viewNotForThisDevice else { throw error }
            throw CallListError(
                .viewNotForThisDevice, "the list's views are not sealed to this officer, who would sign blind",
                hint: "compile it with this officer's public document under `officers:`")
        }
    }

    private static func recompute(
        _ list: CallList, _ key: ViewKey, _ plaintext: [UInt8], to recipients: [ViewRecipient]
    ) throws(CallListError) {
        let view = try SealedView.seal(plaintext, key: key, to: recipients)
        let hash = Hexadecimal.encode(SHA256.hash(try Documents.encode(view)))
        guard list.document.views.first(where: { $0.name == key.name })?.hash == hash else {
            throw notAsComputed("the sealed view \(key.name)")
        }
    }

    /// A renewal goes forward: nobody brings back a key that was given up. The same key again is no renewal.
    private static func checkSealing(of list: CallList, after previous: CallList) throws(CallListError) {
        let devices = list.devices.map { ($0.sealing, previous.device($0.id)?.sealing, "device \($0.id.short)") }
        let officers = list.officers.map { officer in
            (
                officer.sealing, previous.officers.first { $0.key == officer.key }?.sealing,
                "officer \(Officer.fingerprint(of: officer.key))"
            )
        }
        for (now, before, whose) in devices + officers {
            guard let before, now.key != before.key else { continue }
            guard now.created > before.created else {
                throw CallListError(
                    .reviewRefused, "the list goes back to an older sealing key of \(whose)",
                    hint: "the source names an old document: an officer's newest is printed by tocsin officer public "
                        + "KEYFILE, a device's is made by tocsin device renew")
            }
        }
    }

    /// Whoever pins an old root must be able to follow: the list carries every root from the second to its own, and nothing else.
    private static func checkRotations(of list: CallList, after previous: CallList?) throws(CallListError) {
        var versions: [UInt64] = []
        for envelope in list.rotations { versions.append(try UnverifiedRoot(decoding: envelope).version) }
        guard UInt64(versions.count) == list.root.version - 1,
            versions.enumerated().allSatisfy({ $0.element == UInt64($0.offset) + 2 })
        else {
            throw CallListError(
                .reviewRefused,
                "the list does not carry just the roots from the second to its own, \(list.root.version)",
                hint: "who pins the first root could not follow")
        }
        guard let previous else { return }
        guard list.rotations.starts(with: previous.rotations), list.rotations.count <= previous.rotations.count + 1
        else {
            throw CallListError(.reviewRefused, "the list does not carry on the roots that the one before it carries")
        }
    }

    private static func same(_ computed: [UInt8], _ held: [UInt8], _ what: String) throws(CallListError) {
        guard computed == held else { throw notAsComputed(what) }
    }

    private static func notAsComputed(_ what: String) -> CallListError {
        CallListError(
            .reviewRefused, "\(what) is not what it must be, computed from what it says",
            hint: "do not sign: whoever compiled it used another program, or shows others something else")
    }
}
