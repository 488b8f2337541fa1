import ArgumentParser
import CallList
import Client
import Foundation
import Gateway

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
            let failure = Failure(error)
            Terminal.complain(failure.reason, hint: failure.hint)
            throw ExitCode(failure.code.rawValue)
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

/// Any error, as it is shown: reason, hint, exit code.
struct Failure {
    let reason: String
    let hint: String?
    let code: ExitStatus

    init(_ error: any Error) {
        switch error {
        case let error as ClientError: self.init(error.reason, error.hint, Self.code(error.code))
        case let error as CallListError: self.init(error.reason, error.hint, Self.code(error.code))
        case let error as AlertInputError: self.init(error.reason, error.hint, .inputRefused)
        case let error as FileError: self.init(error.reason, error.hint, error.code)
        default:
            self.init("this should not have happened: \(type(of: error))", "please report it (SECURITY.md)", .bug)
        }
    }

    private init(_ reason: String, _ hint: String?, _ code: ExitStatus) {
        self.reason = reason
        self.hint = hint
        self.code = code
    }

    private static func code(_ code: ClientError.Code) -> ExitStatus {
        switch code {
        case .noProfile, .notEnrolled: .notConfigured
        case .profileExists: .cannotCreate
        case .wrongPassphrase, .notPermitted, .revoked: .notPermitted
        case .vaultDamaged, .callListRefused, .rootRefused, .inputRefused, .unknownMember, .unknownPolicy,
            .nobodyToPage:
            .inputRefused
        case .vaultBusy, .ioFailure: .ioError
        case .relayUnreachable, .relayUnavailable, .roomBusy: .unavailable
        case .pinMismatch, .relayMisbehaved, .roomQuarantined: .protocolViolation
        case .relayRefused, .roomClosed: .notPermitted
        case .unknownRoom, .ambiguousRoom: .noInput
        case .internalError: .bug
        }
    }

    private static func code(_ code: CallListError.Code) -> ExitStatus {
        switch code {
        case .wrongPassphrase: .notPermitted
        case .fileFailure: .ioError
        case .fileExists: .cannotCreate
        default: .inputRefused
        }
    }
}

/// A file that cannot be used.
struct FileError: Error {
    let reason: String
    let hint: String?
    let code: ExitStatus
}
