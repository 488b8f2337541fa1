public import Foundation
public import Terms

// The JSON requests and answers. Byte strings are base64 (Data's Codable form); times are milliseconds since 1970.

/// GET /v1/relay, without a session.
public struct RelayInfo: Codable, Sendable, Hashable {
    public struct Limits: Codable, Sendable, Hashable {
        public let entryBytes: Int
        public let requestBytes: Int
        public let membersPerRoom: Int
        public init(entryBytes: Int, requestBytes: Int, membersPerRoom: Int) {
            self.entryBytes = entryBytes
            self.requestBytes = requestBytes
            self.membersPerRoom = membersPerRoom
        }
    }
    /// Ed25519 public key, 32 bytes.
    public let identity: Data
    public let time: Timestamp
    public let callListVersion: UInt64
    public let limits: Limits
    public init(identity: Data, time: Timestamp, callListVersion: UInt64, limits: Limits) {
        self.identity = identity
        self.time = time
        self.callListVersion = callListVersion
        self.limits = limits
    }
}

/// GET /v1/challenge: stateless, valid for 60 seconds.
public struct Challenge: Codable, Sendable, Hashable {
    public let challenge: Data
    public init(challenge: Data) { self.challenge = challenge }
}

/// POST /v1/session. `signature` is by the device's session key over ``signedContent(challenge:relay:device:)``.
public struct SessionRequest: Codable, Sendable, Hashable {
    public let device: DeviceID
    public let challenge: Data
    public let signature: Data
    public init(device: DeviceID, challenge: Data, signature: Data) {
        self.device = device
        self.challenge = challenge
        self.signature = signature
    }

    /// Names the relay, so that one relay cannot pass another's challenge on.
    public static func signedContent(challenge: [UInt8], relay identity: [UInt8], device: DeviceID) -> [UInt8] {
        Array("tocsin session v1\0".utf8) + identity + device.bytes + challenge
    }
}

public struct SessionAnswer: Codable, Sendable, Hashable {
    /// To be sent as `Authorization: Bearer …`.
    public let token: String
    public let expires: Timestamp
    public init(token: String, expires: Timestamp) {
        self.token = token
        self.expires = expires
    }
}

/// PUT /v1/keypackages.
public struct KeyPackageUpload: Codable, Sendable, Hashable {
    public struct Item: Codable, Sendable, Hashable {
        /// KeyPackageRef (RFC 9420 §5.2), 32 bytes.
        public let reference: Data
        public let keyPackage: Data
        public let notAfter: Timestamp
        public let lastResort: Bool
        public init(reference: Data, keyPackage: Data, notAfter: Timestamp, lastResort: Bool) {
            self.reference = reference
            self.keyPackage = keyPackage
            self.notAfter = notAfter
            self.lastResort = lastResort
        }
    }
    public let keyPackages: [Item]
    public init(keyPackages: [Item]) { self.keyPackages = keyPackages }
}

/// The answer to PUT and GET /v1/keypackages: what the relay still has of this device.
public struct KeyPackageStock: Codable, Sendable, Hashable {
    public let unclaimed: Int
    public let hasLastResort: Bool
    /// The last-resort package was handed out and should be rotated.
    public let lastResortUsed: Bool
    public init(unclaimed: Int, hasLastResort: Bool, lastResortUsed: Bool) {
        self.unclaimed = unclaimed
        self.hasLastResort = hasLastResort
        self.lastResortUsed = lastResortUsed
    }
}

/// POST /v1/keypackages/claim: one package for each device. The same `claim` gets the same answer [R14].
public struct KeyPackageClaim: Codable, Sendable, Hashable {
    public let claim: EventID
    public let devices: [DeviceID]
    public init(claim: EventID, devices: [DeviceID]) {
        self.claim = claim
        self.devices = devices
    }
}

public struct KeyPackageClaimAnswer: Codable, Sendable, Hashable {
    public struct Item: Codable, Sendable, Hashable {
        public let device: DeviceID
        public let keyPackage: Data
        public let lastResort: Bool
        public init(device: DeviceID, keyPackage: Data, lastResort: Bool) {
            self.device = device
            self.keyPackage = keyPackage
            self.lastResort = lastResort
        }
    }
    public let keyPackages: [Item]
    /// Devices that have none: skipped loudly by the caller, never a reason to fail the page.
    public let missing: [DeviceID]
    public init(keyPackages: [Item], missing: [DeviceID]) {
        self.keyPackages = keyPackages
        self.missing = missing
    }
}

/// POST /v1/rooms/{id}/escalate and /close.
public struct RoomCommand: Codable, Sendable, Hashable {
    public let event: EventID
    public init(event: EventID) { self.event = event }
}

/// PUT /v1/cursors: "processed up to".
public struct CursorUpdate: Codable, Sendable, Hashable {
    public struct Item: Codable, Sendable, Hashable {
        public let room: RoomID
        public let seq: UInt64
        public init(room: RoomID, seq: UInt64) {
            self.room = room
            self.seq = seq
        }
    }
    public let cursors: [Item]
    public init(cursors: [Item]) { self.cursors = cursors }
}

/// The data of a `heads` event on GET /v1/stream, and the answer to GET /v1/heads: the client pulls what it lacks.
/// (The stream's other event is `entry`: base64 of `opaque room[16]` followed by an ``Entry``.)
public struct Heads: Codable, Sendable, Hashable {
    public struct Room: Codable, Sendable, Hashable {
        public let room: RoomID
        public let head: UInt64
        public let closed: Bool
        public init(room: RoomID, head: UInt64, closed: Bool) {
            self.room = room
            self.head = head
            self.closed = closed
        }
    }
    public let rooms: [Room]
    public let pendingWelcomes: Int
    public let callListVersion: UInt64
    public init(rooms: [Room], pendingWelcomes: Int, callListVersion: UInt64) {
        self.rooms = rooms
        self.pendingWelcomes = pendingWelcomes
        self.callListVersion = callListVersion
    }
}

/// RFC 9457. `code` is the stable word that clients branch on; the table is in ``ProblemCode``.
public struct Problem: Codable, Sendable, Hashable, Error {
    public let code: ProblemCode
    public let title: String
    public let status: Int
    public let detail: String?
    public let hint: String?
    /// With `commitConflict`: the room's head, to catch up to.
    public let head: UInt64?
    /// Seconds, with `rateLimited`.
    public let retryAfter: Int?

    public init(
        code: ProblemCode, title: String, status: Int, detail: String? = nil, hint: String? = nil, head: UInt64? = nil,
        retryAfter: Int? = nil
    ) {
        self.code = code
        self.title = title
        self.status = status
        self.detail = detail
        self.hint = hint
        self.head = head
        self.retryAfter = retryAfter
    }
}

public enum ProblemCode: String, Codable, Sendable, Hashable, CaseIterable {
    case malformedRequest, requestTooLarge, unknownRoute
    case notAuthenticated, sessionExpired, deviceUnknown, challengeExpired, signatureInvalid
    case notMember, sensorMayNotCommit, statementRefused
    /// A commit adds a device that is not on the current call list: make it anew from the newest.
    case memberNotListed
    case roomUnknown, roomExists, roomClosed, commitConflict, baseSequenceInvalid, stepNotAvailable
    case callListRefused, callListConflict
    case keyPackageRefused
    case rateLimited, limitReached, storageFull, unavailable, internalError
}
