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
    /// A commit whose clear header breaks a rule of the room [R3].
    case commitRefused
    /// A commit pins a call list that the relay does not have: it is to be published here first.
    case callListUnknown
    case roomUnknown, roomExists, roomClosed, commitConflict, baseSequenceInvalid, stepNotAvailable
    case callListRefused, callListConflict
    case keyPackageRefused
    /// The relay is not behind the word of its own that it is shown [R22].
    case proofRefused
    case rateLimited, limitReached, storageFull, unavailable, internalError
}
