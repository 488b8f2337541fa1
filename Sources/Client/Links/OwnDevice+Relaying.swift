import CallList
import Foundation
import Incident
import MLS
import RelayAPI
import Terms

extension OwnDevice {
    /// Runs something that talks to a relay, giving a relay's refusal as this module's error.
    func relaying<T>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let problem as Problem {
            guard problem.code == .deviceUnknown else { throw ClientError(problem) }
            throw try await unknownHere()
        } catch let error as ClientError {
            throw error
        } catch let error as MLSError {
            throw ClientError(.internalError, "the room's state does not allow it: \(error.reason)")
        } catch let error as EventError {
            throw ClientError(.inputRefused, error.reason, hint: error.hint)
        } catch let rejection as Rejection {
            throw ClientError(.notPermitted, rejection.description)
        } catch let missing as MissingCallList {
            throw ClientError(
                .relayUnavailable, "the room waits for call list \(missing.pin.version)",
                hint: "ask an officer for it: tocsin calllist import FILE")
        }
    }

    /// The relay does not know this device. That is a revocation, unless the relay is behind: it may not have the list yet
    /// that a new device was just enrolled with.
    private func unknownHere() async throws -> ClientError {
        try trust.refresh()
        let newest = try trust.newest().list
        guard let listed = newest.device(id) else { return Trust.revoked(newest.version) }
        guard listed.expires > now() else {
            return ClientError(
                .revoked, "this device's time on call list \(newest.version) is over",
                hint: "ask an officer to renew it")
        }
        if let info = try? await links.forNewRooms().info(), info.callListVersion < newest.version {
            return ClientError(
                .relayUnavailable,
                "the relay does not have call list \(newest.version) yet, and so does not know this device",
                hint: "ask an officer to publish it: tocsin calllist publish FILE")
        }
        return ClientError(
            .revoked, "the relay does not know this device: it is not on the current call list",
            hint: "ask an officer, by another way than this device")
    }
}

extension ClientError {
    /// What a relay refused, in this module's terms.
    init(_ problem: Problem) {
        let code: Code =
            switch problem.code {
            case .deviceUnknown: .revoked
            case .notMember, .sensorMayNotCommit, .statementRefused: .notPermitted
            case .roomUnknown: .unknownRoom
            case .roomClosed: .roomClosed
            case .callListRefused, .callListConflict: .callListRefused
            // Nothing is wrong with what was sent: the same may be taken later.
            case .callListUnknown, .rateLimited, .storageFull, .unavailable, .internalError, .notAuthenticated,
                .sessionExpired,
                .challengeExpired, .signatureInvalid:
                .relayUnavailable
            case .malformedRequest, .requestTooLarge, .unknownRoute, .memberNotListed, .commitRefused, .roomExists,
                .commitConflict,
                .baseSequenceInvalid, .stepNotAvailable, .keyPackageRefused, .proofRefused, .limitReached:
                .relayRefused
            }
        self.init(
            code, "the relay refused: \(problem.title)" + (problem.detail.map { " (\($0))" } ?? ""), hint: problem.hint)
    }
}
