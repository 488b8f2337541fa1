import DSSE
package import Foundation
package import Sodium
public import Terms

/// A call list as it came: not to be believed before ``verify(root:)``.
public struct UnverifiedCallList: Sendable {
    private let envelope: DSSEEnvelope
    private let views: [Data]
    private let roots: [Data]
    private let bytes: [UInt8]

    /// - Throws: `malformed`, `limitExceeded`.
    public init(decoding bytes: [UInt8]) throws(CallListError) {
        let bundle = try Documents.decode(
            Bundle.self, from: bytes, what: "call list", limit: CallListLimits.bundleBytes)
        do {
            envelope = try DSSEEnvelope(decoding: [UInt8](bundle.envelope))
        } catch {
            throw CallListError(.malformed, "this is no call list: \(error.reason)")
        }
        guard bundle.roots.count <= CallListLimits.roots else {
            throw CallListError(.limitExceeded, "a call list carries at most \(CallListLimits.roots) roots")
        }
        views = bundle.views
        roots = bundle.roots
        self.bytes = bytes
    }

    /// A file: the signed envelope, the sealed views, whose hashes are signed, and roots, each of which proves itself.
    package struct Bundle: Codable, Sendable {
        let envelope: Data
        /// Each a ``SealedView`` in JSON, kept as it came: its hash is signed.
        let views: [Data]
        /// Those after the first, up to the list's own, so that who was away for months can follow.
        let roots: [Data]

        package init(envelope: Data, views: [Data], roots: [Data] = []) {
            self.envelope = envelope
            self.views = views
            self.roots = roots
        }
    }

    /// The roots that the list carries, from the pinned one on.
    /// - Throws: as ``RootChain``.
    private func chain(from root: TrustedRoot) throws(CallListError) -> RootChain {
        try RootChain(from: root, through: roots.map { [UInt8]($0) })
    }

    /// How many officers have signed so far.
    public func signatureCount(root: TrustedRoot) -> Int {
        guard let officers = try? chain(from: root).newest.officers else { return 0 }
        return envelope.validSigners(among: officers).count
    }

    /// The same list with one more officer's signature, as a file's bytes. Everything but the threshold is verified first, and
    /// nothing is looked at: that is ``CallListReview``'s, by which officers sign.
    /// - Throws: as ``verify(root:)``; `notSigned` where the key is no officer's.
    package func adding(signatureBy key: Ed25519.PrivateKey, root: TrustedRoot) throws(CallListError) -> [UInt8] {
        let list = try preview(root: root)
        guard list.root.officers.contains(key.publicKey) else {
            throw CallListError(.notSigned, "this key is no officer's of the list's root")
        }
        var signed = envelope
        signed.addSignature(by: key)
        return try Documents.encode(Bundle(envelope: Data(signed.encoded()), views: views, roots: roots))
    }

    /// What the list says, for an officer who is about to sign it. Not signed by enough officers, so never to be used.
    public func preview(root: TrustedRoot) throws(CallListError) -> CallList {
        try check(payload: envelope.unverifiedPayload, roots: chain(from: root), known: nil)
    }

    /// - Parameters:
    ///   - root: the pinned one: where the list was signed under a later one, the roots between must lead to it.
    ///   - known: a verified list, the newest best: sealing keys that are the same in it are not verified again.
    /// - Throws: `notSigned`, `wrongRoot`, `malformed`, `limitExceeded`, `viewMismatch`.
    public func verify(root: TrustedRoot, known: CallList? = nil) throws(CallListError) -> CallList {
        let roots = try chain(from: root)
        do {
            let payload = try envelope.verify(
                payloadType: ClearPart.payloadType, keys: roots.newest.officers, threshold: roots.newest.threshold)
            return try check(payload: payload.bytes, roots: roots, known: known)
        } catch let error as DSSEError {
            throw CallListError(
                .notSigned, "the call list is not valid: \(error.reason)",
                hint: "each signing officer: tocsin calllist sign FILE --officer KEYFILE")
        } catch let error as CallListError {
            throw error
        } catch {
            throw CallListError(.malformed, "the call list cannot be read")
        }
    }

    private func check(payload: [UInt8], roots: RootChain, known: CallList?) throws(CallListError) -> CallList {
        let document = try Documents.decode(
            ClearPart.self, from: payload, what: "call list", limit: CallListLimits.bundleBytes)
        guard envelope.payloadType == ClearPart.payloadType, document.type == "calllist",
            document.spec == ClearPart.spec
        else { throw CallListError(.malformed, "this is no call list that this program understands") }
        guard document.root == roots.newest.digest else {
            throw CallListError(.wrongRoot, "the call list was made for another root")
        }
        guard let issued = Documents.date(document.issued), let expires = Documents.date(document.expires),
            expires > issued, document.version > 0, (document.version == 1) == (document.previous == nil)
        else { throw CallListError(.malformed, "the call list's version or dates cannot be") }
        guard document.devices.count <= CallListLimits.devices,
            (1...CallListLimits.relays).contains(document.relays.count)
        else { throw CallListError(.limitExceeded, "the call list names too many devices, or no relay") }
        for relay in document.relays { try relay.check() }
        guard Set(document.relays.map(\.id)).count == document.relays.count else {
            throw CallListError(.malformed, "the call list names a relay twice")
        }
        let devices = try Self.devices(document.devices, known)
        return CallList(
            document, payload: payload, devices: devices,
            officers: try Self.officers(document.officers, of: roots.newest, beside: devices), roots: roots,
            rotations: self.roots.map { [UInt8]($0) }, issued: issued, expires: expires,
            views: try checkedViews(document.views), bundle: bytes)
    }

    private static func devices(
        _ entries: [ClearPart.DeviceEntry], _ known: CallList?
    ) throws(CallListError) -> [Device] {
        var keys: Set<[UInt8]> = []
        guard Set(entries.map(\.id)).count == entries.count,
            entries.allSatisfy({ entry in
                [entry.mlsKey, entry.sessionKey, entry.sealing.key].allSatisfy { keys.insert([UInt8]($0)).inserted }
            })
        else { throw CallListError(.malformed, "the call list names a device or a key twice") }
        var devices: [Device] = []
        for entry in entries {
            guard let mlsKey = try? Ed25519.PublicKey([UInt8](entry.mlsKey)),
                let sessionKey = try? Ed25519.PublicKey([UInt8](entry.sessionKey)),
                let expires = Documents.date(entry.expires),
                entry.commitment.count == MemberCommitment.length
            else { throw CallListError(.malformed, "the call list holds a device that is none") }
            guard entry.id == DeviceID.of(kind: entry.kind, mlsKey: mlsKey, sessionKey: sessionKey) else {
                throw CallListError(
                    .malformed, "the call list holds a device whose id is not the hash of its keys",
                    hint: "somebody put other keys behind a device's id: tell every officer")
            }
            // The id stands for the key that signed it.
            let sealing: SealingKey
            if let before = known?.device(entry.id)?.sealing, before.document == entry.sealing {
                sealing = before
            } else {
                sealing = try entry.sealing.verify(holder: .device, signer: mlsKey)
            }
            devices.append(
                Device(
                    id: entry.id, kind: entry.kind, mlsKey: mlsKey, sessionKey: sessionKey,
                    sealing: sealing, expires: expires,
                    commitment: [UInt8](entry.commitment)))
        }
        return devices
    }

    private static func officers(
        _ entries: [ClearPart.OfficerEntry], of root: TrustedRoot, beside devices: [Device]
    ) throws(CallListError) -> [Officer] {
        var officers: [Officer] = []
        var keys = Set(devices.flatMap { [$0.mlsKey.bytes, $0.sessionKey.bytes, $0.sealing.key.bytes] })
        for entry in entries {
            guard let key = try? Ed25519.PublicKey([UInt8](entry.key)), root.officers.contains(key) else {
                throw CallListError(.malformed, "the call list holds an officer who is not of its root")
            }
            guard keys.insert(key.bytes).inserted, keys.insert([UInt8](entry.sealing.key)).inserted else {
                throw CallListError(.malformed, "the call list names an officer or a key twice")
            }
            officers.append(Officer(key: key, sealing: try entry.sealing.verify(holder: .officer, signer: key)))
        }
        return officers
    }

    /// The views must be just those that were signed.
    private func checkedViews(_ entries: [ClearPart.ViewEntry]) throws(CallListError) -> [String: SealedView] {
        var checked: [String: SealedView] = [:]
        for bytes in views {
            let hash = Hexadecimal.encode(SHA256.hash([UInt8](bytes)))
            let view = try Documents.decode(
                SealedView.self, from: [UInt8](bytes), what: "view", limit: CallListLimits.bundleBytes)
            guard entries.contains(where: { $0.name == view.name && $0.hash == hash }), checked[view.name] == nil else {
                throw CallListError(.viewMismatch, "a sealed view is not the one that was signed")
            }
            checked[view.name] = view
        }
        guard checked.count == entries.count else {
            throw CallListError(.viewMismatch, "a sealed view is missing")
        }
        return checked
    }
}
