import ArgumentParser
import CallList
import Client
import Foundation
import RelayAPI

/// Says what became of something that was sent, and ends with 75 where it only waits.
enum Reporting {
    static func delivery(_ delivery: Delivery, what: String, json: Bool, extra: [String: Any] = [:]) throws {
        switch delivery {
        case .accepted(let seq, let time):
            if json {
                try JSON.show(extra.merging(["state": "accepted", "seq": seq, "time_ms": time.milliseconds]) { $1 })
            } else {
                Terminal.show("\(what): accepted by the relay")
            }
        case .queued(let reason):
            if json {
                try JSON.show(extra.merging(["state": "queued", "reason": reason]) { $1 })
            } else {
                Terminal.show("\(what): queued")
            }
            Terminal.complain("not sent yet: \(reason)", hint: "it is kept, and sent when the relay can be reached")
            throw ExitCode(ExitStatus.queued.rawValue)
        }
    }

    static func posted(_ posted: Posted, what: String, json: Bool) throws {
        for name in posted.unreachable { Terminal.note("could not be called: \(name) (no key package at the relay)") }
        try delivery(
            posted.delivery, what: "\(what) \(posted.room.short)", json: json,
            extra: ["room": posted.room.description, "unreachable": posted.unreachable])
    }

    static func update(_ update: CallListUpdate, json: Bool) throws {
        for warning in update.warnings { Terminal.note("warning: \(warning)") }
        if json {
            try JSON.show([
                "outcome": update.outcome.rawValue, "version": update.version, "digest": update.digest,
                "expires": update.expires.formatted(Date.ISO8601FormatStyle()),
            ])
        } else {
            Terminal.show("call list \(update.version) (\(update.outcome.rawValue)), digest \(update.digest)")
        }
    }

    /// Catches up; where the relay cannot be reached, goes on with what is known here and says so.
    static func catchUp(_ client: Client) async throws {
        do {
            let report = try await client.sync()
            for alarm in report.alarms { Terminal.note("ALARM: \(alarm)") }
        } catch let error as ClientError where error.code == .relayUnreachable {
            Terminal.note("\(error.reason): showing what is known here")
        }
    }
}
