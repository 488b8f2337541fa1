public import Foundation
public import Sodium
public import Terms

/// A device as the clear part of the call list has it: keys and a pseudonym, no name.
public struct Device: Sendable, Hashable {
    public let id: DeviceID
    public let kind: DeviceKind
    public let mlsKey: Ed25519.PublicKey
    public let sessionKey: Ed25519.PublicKey
    /// What views are sealed to.
    public let sealing: SealingKey
    public let expires: Date
    /// A salted hash of whose it is: see ``MemberCommitment``.
    public let commitment: [UInt8]

    /// For comparing by voice: see ``Fingerprint``.
    public var fingerprint: String { Fingerprint.of(kind: kind, mlsKey: mlsKey, sessionKey: sessionKey) }
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
    /// Those who can open the views; others of the root's cannot check the next list.
    public let officers: [Officer]
    public let relays: [RelayRecord]
    /// From the pinned one to that whose officers signed this list.
    public let roots: RootChain
    /// The roots after the first, as they came: the next list must carry them on, whichever is pinned here.
    package let rotations: [[UInt8]]
    /// The signed clear part, the sealed views and the roots, as they came.
    public let bundleBytes: [UInt8]
    /// The clear part, and its exact signed bytes.
    let document: ClearPart
    let payload: [UInt8]
    let views: [String: SealedView]
    /// By the view's name.
    let commitments: [String: [UInt8]]
    private let byID: [DeviceID: Device]

    public func device(_ id: DeviceID) -> Device? { byID[id] }

    /// Whether a device is listed, and its time is not over.
    public func isInTime(_ id: DeviceID, at date: Date) -> Bool { device(id).map { $0.expires > date } ?? false }

    /// Whose officers signed it.
    public var root: TrustedRoot { roots.newest }

    /// An expired list warns and goes on working: it must not lock responders out in a crisis.
    public func isExpired(at date: Date) -> Bool { date >= expires }

    /// Whether this list may follow `current`, where no more than that one is known: see ``CallListHistory``.
    /// - Throws: `older`, `gap`, `equivocation`, `wrongPrevious`, `wrongRoot`, `notLater`. The very same list is `older` too: ask
    /// ``isSame(as:)`` first.
    public func checkSucceeds(_ current: CallList) throws(CallListError) {
        let history = try CallListHistory([current])
        let standing = history.standing(of: self)
        if let refusal = history.refusal(of: self, as: standing == .same ? .older : standing) { throw refusal }
    }

    public func isSame(as other: CallList) -> Bool { digest == other.digest }

    init(
        _ document: ClearPart, payload: [UInt8], devices: [Device], officers: [Officer], roots: RootChain,
        rotations: [[UInt8]],
        issued: Date, expires: Date, views: [String: SealedView], bundle: [UInt8]
    ) {
        version = document.version
        digest = Hexadecimal.encode(SHA256.hash(payload))
        previous = document.previous
        self.issued = issued
        self.expires = expires
        self.devices = devices
        self.officers = officers
        self.roots = roots
        self.rotations = rotations
        relays = document.relays
        bundleBytes = bundle
        self.document = document
        self.payload = payload
        self.views = views
        commitments = Dictionary(document.views.map { ($0.name, [UInt8]($0.commitment)) }) { first, _ in first }
        byID = Dictionary(devices.map { ($0.id, $0) }) { first, _ in first }
    }
}
