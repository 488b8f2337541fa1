import CallList
import Foundation
import MLS
import RelayAPI
import Terms

extension OwnDevice {
    /// Takes the place of commits that this device cannot use, where a minute has passed since the first fault and the log has not
    /// decided otherwise [R4].
    func decide() async throws {
        guard keys.kind == .person else { return }
        // The relay's time counts, which need not be this device's; what it says of it is asked for before anything is made.
        for room in try vault.read({ try $0.roomsToDecide(at: max(time, Timestamp(trust.clocks.relay))) }) {
            try await Room(room, of: self).replaceUnusable()
        }
    }
}

extension Room {
    /// A commit that does nothing but what must be done, in the epoch that this device is in. One try: who is first decides.
    fileprivate func replaceUnusable() async throws {
        do {
            try await own.relaying {
                try await pull()
                _ = try await settle()
                let time = try await link().info().time
                guard try vault.read({ try $0.roomsToDecide(at: time).contains(id) }),
                    case .made(let event) = try prepare(
                        replaces: true, plan: { PlannedCommit(plan: try revocation(in: $0, $1) ?? CommitPlan()) })
                else { return }
                _ = try await settle(only: event)
            }
        } catch let error as ClientError where !error.stopsAll {
            // The room waits on; others go on.
        }
    }
}
