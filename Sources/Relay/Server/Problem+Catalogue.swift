import RelayAPI

/// What this relay refuses, one function each: the one table of codes, HTTP statuses and hints.
extension Problem {
    static func malformed(_ detail: String) -> Problem {
        Problem(
            code: .malformedRequest, title: "the request is not what the protocol says", status: 400, detail: detail)
    }
    static func tooLarge(_ limit: Int) -> Problem {
        Problem(
            code: .requestTooLarge, title: "the request is too large", status: 413, detail: "at most \(limit) bytes",
            hint: "send less at once")
    }
    static let unknownRoute = Problem(
        code: .unknownRoute, title: "there is no such resource", status: 404,
        hint: "is the client of the same version as the relay?")
    static let notAuthenticated = Problem(
        code: .notAuthenticated, title: "a session is needed", status: 401, hint: "POST /v1/session first")
    static let sessionExpired = Problem(
        code: .sessionExpired, title: "the session has ended", status: 401, hint: "POST /v1/session again")
    static let deviceUnknown = Problem(
        code: .deviceUnknown, title: "the device is not on the current call list, or its time is over", status: 401,
        hint: "ask an officer")
    static let challengeExpired = Problem(
        code: .challengeExpired, title: "the challenge is not this relay's, or is older than 60 seconds", status: 401,
        hint: "get a new one: GET /v1/challenge")
    static let signatureInvalid = Problem(
        code: .signatureInvalid, title: "the signature does not verify", status: 401)
    static let notMember = Problem(
        code: .notMember, title: "the device is not a member of this room", status: 403)
    static let memberNotListed = Problem(
        code: .memberNotListed, title: "a device that is to be added is not on the current call list", status: 409,
        hint: "fetch the newest call list and make the commit anew")
    static func commitRefused(_ detail: String) -> Problem {
        Problem(
            code: .commitRefused, title: "the commit's header breaks a rule of the room", status: 403, detail: detail)
    }
    static func callListUnknown(_ version: UInt64) -> Problem {
        Problem(
            code: .callListUnknown, title: "the commit pins a call list that this relay does not have", status: 409,
            detail: "call list \(version)", hint: "publish it here first, and try again")
    }
    static func tooManyCommits(_ seconds: Int) -> Problem {
        Problem(
            code: .rateLimited, title: "too many commits of this device in this room", status: 429,
            hint: "try again in \(seconds) s", retryAfter: seconds)
    }
    static func tooManyFaults(_ seconds: Int) -> Problem {
        Problem(
            code: .rateLimited, title: "too many faults or statements of this device in this room", status: 429,
            hint: "try again in \(seconds) s", retryAfter: seconds)
    }
    static let sensorMayNotCommit = Problem(
        code: .sensorMayNotCommit, title: "a sensor does not commit", status: 403)
    static let sensorPagesOnly = Problem(
        code: .sensorMayNotCommit, title: "a sensor makes no rooms but pages", status: 403)
    static func statementRefused(_ detail: String) -> Problem {
        Problem(code: .statementRefused, title: "the statement is refused", status: 403, detail: detail)
    }
    static let roomUnknown = Problem(code: .roomUnknown, title: "there is no such room", status: 404)
    static let roomExists = Problem(code: .roomExists, title: "there is a room with this id already", status: 409)
    static let roomClosed = Problem(code: .roomClosed, title: "the room is closed", status: 410)
    static func commitConflict(head: UInt64) -> Problem {
        Problem(
            code: .commitConflict, title: "a commit came first", status: 409, hint: "catch up and try again", head: head
        )
    }
    static let baseSequenceInvalid = Problem(
        code: .baseSequenceInvalid, title: "base_seq is beyond the room's last entry", status: 400)
    static let stepNotAvailable = Problem(
        code: .stepNotAvailable, title: "there is no further step to release", status: 409)
    static func callListRefused(_ detail: String, hint: String?) -> Problem {
        Problem(code: .callListRefused, title: "the call list is refused", status: 422, detail: detail, hint: hint)
    }
    static func callListConflict(_ detail: String) -> Problem {
        Problem(code: .callListConflict, title: "the call list is not the next one", status: 409, detail: detail)
    }
    static func keyPackageRefused(_ detail: String) -> Problem {
        Problem(code: .keyPackageRefused, title: "the key packages are refused", status: 422, detail: detail)
    }
    static func rateLimited(_ seconds: Int) -> Problem {
        Problem(
            code: .rateLimited, title: "too many requests", status: 429, hint: "try again in \(seconds) s",
            retryAfter: seconds)
    }
    static func limitReached(_ detail: String) -> Problem {
        Problem(code: .limitReached, title: "a limit of this relay is reached", status: 422, detail: detail)
    }
    static let overloaded = Problem(
        code: .unavailable, title: "the relay has too much to do", status: 503, hint: "try again in 1 s", retryAfter: 1)
    static let tooMuchAtOnce = Problem(
        code: .rateLimited, title: "too much of yours is on its way", status: 429,
        hint: "let what you sent be answered, and read the answers", retryAfter: 1)
    static let bodyTimeout = Problem(
        code: .malformedRequest, title: "the request's body comes too slowly", status: 408)
    static let keyReused = Problem(
        code: .malformedRequest, title: "this event id was used for another request", status: 400,
        hint: "every write needs an event id of its own")
    static let proofRefused = Problem(
        code: .proofRefused, title: "this relay has not gone back behind that", status: 409)
    static let storageFull = Problem(
        code: .storageFull, title: "the relay's disk is full", status: 507,
        hint: "nothing was stored; the operator must make room")
    static let internalError = Problem(
        code: .internalError, title: "the relay failed", status: 500, hint: "nothing was stored; try again")
}
