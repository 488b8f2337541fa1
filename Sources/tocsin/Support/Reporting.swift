import ArgumentParser
import Client
import Terms

/// Says what became of something that was sent, and ends with 75 where it only waits.
enum Reporting {
    static func delivery(_ delivery: Delivery, what: String, _ output: OutputOptions) throws {
        try output.show(DeliveryView(delivery, what: what))
        try end(delivery)
    }

    static func posted(_ posted: Posted, what: String, _ output: OutputOptions) throws {
        for name in posted.uncleared { Terminal.note("was not called: \(name) (not cleared for this TLP)") }
        for name in posted.unreachable { Terminal.note("could not be called: \(name) (no key package at the relay)") }
        try output.show(DeliveryView(posted, what: what))
        try end(posted.delivery)
    }

    private static func end(_ delivery: Delivery) throws {
        guard case .queued(let reason) = delivery else { return }
        Terminal.complain(
            "not sent yet: \(reason)",
            hint: "it is kept here; the next tocsin command of this profile tries again, a running watch too")
        throw ExitCode(ExitStatus.queued.rawValue)
    }

    static func update(_ update: CallListUpdate, _ client: Client, _ output: OutputOptions) throws {
        for warning in update.warnings { Terminal.note("warning: \(warning)") }
        try output.show(CallListUpdateView(update))
        try client.noteTold(callList: update.version)
    }

    /// Catches up; where that cannot be done now, goes on with what is known here and says so.
    /// - Returns: the exit code to end with, once what is known was shown.
    @discardableResult
    static func catchUp(_ client: Client) async throws -> ExitCode {
        do {
            let report = try await client.sync()
            for alarm in report.alarms { Terminal.note(AlarmWords(alarm, client).note) }
            return .success
        } catch let error as ClientError {
            switch error.code {
            case .relayUnreachable, .relayUnavailable:
                Terminal.note("\(error.reason): showing what is known here")
                return .success
            case .pinMismatch, .relayMisbehaved:
                Terminal.complain("ALARM: \(error.reason): showing what is known here", hint: error.hint)
                return ExitCode(ExitStatus.protocolViolation.rawValue)
            case .ioFailure:
                Terminal.complain("\(error.reason): showing what is known here", hint: error.hint)
                return .ioError
            default: throw error
            }
        }
    }

    /// The room that an argument names: asks the relay only where it is not known here, so that what is to be said there is
    /// queued before anything is waited for.
    static func room(_ text: String, _ client: Client) async throws -> RoomID {
        do {
            return try client.room(matching: text)
        } catch let error as ClientError {
            guard error.code == .unknownRoom else { throw error }
            try await catchUp(client)
            return try client.room(matching: text)
        }
    }
    /// As ``room(_:_:)``, for what is to be said there: in the place of a broken room that which took it.
    static func current(_ text: String, _ client: Client) async throws -> RoomID {
        let room = try await room(text, client)
        let current = try client.current(room)
        if current != room { Terminal.note("room \(room.short) goes on as \(current.short)") }
        return current
    }
}

extension ExitCode {
    static let ioError = ExitCode(ExitStatus.ioError.rawValue)

    /// Ends the process with this code, where it is one.
    func end() throws {
        if self != .success { throw self }
    }
}
