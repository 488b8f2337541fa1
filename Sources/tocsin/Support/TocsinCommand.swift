import ArgumentParser
import CallList
import Client
import Foundation
import Gateway
import Incident
import Platform
import Terms

/// A command: does its work in `execute`, and ends with one of the documented exit codes.
protocol TocsinCommand: AsyncParsableCommand {
    func execute() async throws
}

extension TocsinCommand {
    func run() async throws {
        // Files for nobody else.
        umask(0o077)
        do {
            try await execute()
        } catch let error as ExitCode {
            throw error
        } catch let error as ValidationError {
            throw error
        } catch {
            let ending = Ending(error)
            Terminal.complain(ending.reason, hint: ending.hint)
            throw ExitCode(ending.status.rawValue)
        }
    }
}

/// The documented exit codes (sysexits.h).
enum ExitStatus: Int32 {
    case inputRefused = 65
    case noInput = 66
    case unavailable = 69
    case bug = 70
    case cannotCreate = 73
    case ioError = 74
    case queued = 75
    case protocolViolation = 76
    case notPermitted = 77
    case notConfigured = 78
}

/// What a command itself refuses.
typealias CommandError = Failure<CommandErrorCode>

enum CommandErrorCode: String, Hashable, Sendable {
    case inputRefused, noInput, cannotCreate, ioError, notPermitted
}

/// Any error, as it is shown: reason, hint, exit code.
struct Ending {
    let reason: String
    let hint: String?
    let status: ExitStatus

    init(_ error: any Error) {
        guard let explained = error as? any Explained else {
            reason = "this should not have happened: \(type(of: error))"
            hint = "please report it (SECURITY.md)"
            status = .bug
            return
        }
        reason = explained.reason
        hint = explained.hint
        status =
            switch explained {
            case let error as ClientError: Self.status(error.code)
            case let error as CallListError: Self.status(error.code)
            case let error as CommandError: Self.status(error.code)
            case let error as FileError: Self.status(error.code)
            case is AlertInputError, is EventError: .inputRefused
            default: .bug
            }
    }

    private static func status(_ code: ClientError.Code) -> ExitStatus {
        switch code {
        case .noProfile, .notEnrolled: .notConfigured
        case .profileExists: .cannotCreate
        case .wrongPassphrase, .notPermitted, .revoked: .notPermitted
        case .vaultDamaged, .callListRefused, .rootRefused, .inputRefused, .unknownMember, .unknownPolicy,
            .nobodyToPage:
            .inputRefused
        case .vaultBusy, .ioFailure: .ioError
        case .relayUnreachable, .relayUnavailable, .roomBusy, .roomUndecided: .unavailable
        case .pinMismatch, .relayMisbehaved, .roomQuarantined: .protocolViolation
        case .relayRefused, .roomClosed, .alarmClosed: .notPermitted
        case .unknownRoom, .ambiguousRoom, .unknownAlarm: .noInput
        case .internalError, .vaultMisused: .bug
        }
    }

    private static func status(_ code: CallListError.Code) -> ExitStatus {
        switch code {
        case .wrongPassphrase: .notPermitted
        case .fileFailure: .ioError
        case .fileExists: .cannotCreate
        default: .inputRefused
        }
    }

    private static func status(_ code: CommandError.Code) -> ExitStatus {
        switch code {
        case .inputRefused: .inputRefused
        case .noInput: .noInput
        case .cannotCreate: .cannotCreate
        case .ioError: .ioError
        case .notPermitted: .notPermitted
        }
    }

    private static func status(_ code: FileError.Code) -> ExitStatus {
        switch code {
        case .exists: .cannotCreate
        case .missing: .noInput
        case .tooLarge: .inputRefused
        case .failed: .ioError
        }
    }
}
