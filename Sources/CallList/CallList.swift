import DSSE
public import Foundation
public import Sodium
public import Terms

/// A device as the clear part of the call list has it: keys and a pseudonym, no name.
public struct Device: Sendable, Hashable {
    public let id: DeviceID
    public let kind: DeviceKind
    public let mlsKey: Ed25519.PublicKey
    public let sessionKey: Ed25519.PublicKey
    public let sealKey: X25519.PublicKey
    public let expires: Date
    /// SHA-256 over a salt (in the team view) and the member's id, name and roles, so that a record can later open just
    /// its participants.
    public let commitment: [UInt8]
}

/// A verified call list: the officers' threshold signed it. Of the sealed views only that they are the signed ones is known
/// until they are opened.
public struct CallList: Sendable {
    public let version: UInt64
    /// Hexadecimal SHA-256 of the exact signed payload.
    public let digest: String
    /// The digest of the version before; nil for the first.
    public let previous: String?
    public let issued: Date
    public let expires: Date
    /// In the order of their ids.
    public let devices: [Device]
    public let relays: [RelayRecord]
    /// The signed clear part and the sealed views, as they came.
    public let bundleBytes: [UInt8]
    let views: [String: SealedView]
    private let byID: [DeviceID: Device]

    public func device(_ id: DeviceID) -> Device? { byID[id] }

    /// An expired list warns and goes on working: it must not lock responders out in a crisis.
    public func isExpired(at date: Date) -> Bool { date >= expires }

    /// Whether this list may follow `current`, where no more than that one is known: see ``CallListHistory``.
    /// - Throws: `older`, `gap`, `equivocation`, `wrongPrevious`. The very same list is `older` too: ask
    /// ``isSame(as:)`` first.
    public func checkSucceeds(_ current: CallList) throws(CallListError) {
        let history = try CallListHistory([current])
        let standing = history.standing(of: self)
        if let refusal = history.refusal(of: self, as: standing == .same ? .older : standing) { throw refusal }
    }

    public func isSame(as other: CallList) -> Bool { digest == other.digest }

    fileprivate init(
        _ document: ClearPart, payload: [UInt8], devices: [Device], issued: Date, expires: Date,
        views: [String: SealedView], bundle: [UInt8]
    ) {
        version = document.version
        digest = Hexadecimal.encode(SHA256.hash(payload))
        previous = document.previous
        self.issued = issued
        self.expires = expires
        self.devices = devices
        relays = document.relays
        bundleBytes = bundle
        self.views = views
        byID = Dictionary(devices.map { ($0.id, $0) }) { first, _ in first }
    }
}

/// A call list as it came: not to be believed before ``verify(root:)``.
public struct UnverifiedCallList: Sendable {
    private let envelope: DSSEEnvelope
    private let views: [Data]
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
        views = bundle.views
        self.bytes = bytes
    }

    /// A file: the signed envelope and the sealed views, whose hashes are signed.
    package struct Bundle: Codable, Sendable {
        let envelope: Data
        /// Each a ``SealedView`` in JSON, kept as it came: its hash is signed.
        let views: [Data]

        package init(envelope: Data, views: [Data]) {
            self.envelope = envelope
            self.views = views
        }
    }

    /// How many of the root's officers have signed so far.
    public func signatureCount(root: TrustedRoot) -> Int { envelope.validSigners(among: root.officers).count }

    /// The same list with one more officer's signature, as a file's bytes. Everything but the threshold is verified first.
    /// - Throws: as ``verify(root:)``; `notSigned` where the key is no officer's.
    public func adding(signatureBy key: Ed25519.PrivateKey, root: TrustedRoot) throws(CallListError) -> [UInt8] {
        _ = try check(payload: envelope.unverifiedPayload, root: root)
        guard root.officers.contains(key.publicKey) else {
            throw CallListError(.notSigned, "this key is no officer's of the pinned root")
        }
        var signed = envelope
        signed.addSignature(by: key)
        return try Documents.encode(Bundle(envelope: Data(signed.encoded()), views: views))
    }

    /// What the list says, for an officer who is about to sign it. Not signed by enough officers, so never to be used.
    public func preview(root: TrustedRoot) throws(CallListError) -> CallList {
        try check(payload: envelope.unverifiedPayload, root: root)
    }

    /// - Throws: `notSigned`, `wrongRoot`, `malformed`, `limitExceeded`, `viewMismatch`.
    public func verify(root: TrustedRoot) throws(CallListError) -> CallList {
        do {
            let payload = try envelope.verify(
                payloadType: ClearPart.payloadType, keys: root.officers, threshold: root.threshold)
            return try check(payload: payload.bytes, root: root)
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

    private func check(payload: [UInt8], root: TrustedRoot) throws(CallListError) -> CallList {
        let document = try Documents.decode(
            ClearPart.self, from: payload, what: "call list", limit: CallListLimits.bundleBytes)
        guard envelope.payloadType == ClearPart.payloadType, document.type == "calllist",
            document.spec == ClearPart.spec
        else { throw CallListError(.malformed, "this is no call list that this program understands") }
        guard document.root == root.digest else {
            throw CallListError(.wrongRoot, "the call list was made for another root")
        }
        guard let issued = Documents.date(document.issued), let expires = Documents.date(document.expires),
            expires > issued, document.version > 0, (document.version == 1) == (document.previous == nil)
        else { throw CallListError(.malformed, "the call list's version or dates cannot be") }
        guard document.devices.count <= CallListLimits.devices,
            (1...CallListLimits.relays).contains(document.relays.count)
        else { throw CallListError(.limitExceeded, "the call list names too many devices, or no relay") }
        for relay in document.relays { try relay.check() }
        return CallList(
            document, payload: payload, devices: try Self.devices(document.devices), issued: issued, expires: expires,
            views: try checkedViews(document.views), bundle: bytes)
    }

    private static func devices(_ entries: [ClearPart.DeviceEntry]) throws(CallListError) -> [Device] {
        var devices: [Device] = []
        var keys: Set<[UInt8]> = []
        var ids: Set<DeviceID> = []
        for entry in entries {
            guard let mlsKey = try? Ed25519.PublicKey([UInt8](entry.mlsKey)),
                let sessionKey = try? Ed25519.PublicKey([UInt8](entry.sessionKey)),
                let sealKey = try? X25519.PublicKey([UInt8](entry.sealKey)),
                let expires = Documents.date(entry.expires),
                entry.commitment.count == SHA256.digestLength
            else { throw CallListError(.malformed, "the call list holds a device that is none") }
            guard ids.insert(entry.id).inserted, keys.insert(mlsKey.bytes).inserted,
                keys.insert(sessionKey.bytes).inserted, keys.insert(sealKey.bytes).inserted
            else { throw CallListError(.malformed, "the call list names a device or a key twice") }
            devices.append(
                Device(
                    id: entry.id, kind: entry.kind, mlsKey: mlsKey, sessionKey: sessionKey, sealKey: sealKey,
                    expires: expires, commitment: [UInt8](entry.commitment)))
        }
        return devices
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
