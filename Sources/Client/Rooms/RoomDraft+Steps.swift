import CallList
import Escalation
import Foundation
import Incident
import RelayAPI
import Terms

/// Whom a new room calls: who is on duty, cleared, and has which devices, may have changed since it was asked for.
extension RoomDraft {
    /// - Parameters:
    ///   - device: the founder's, which is in the room anyway.
    ///   - now: leaves out whose membership is over by then; nil for all, so that they are passed over by name when their key
    ///     packages are claimed [R14].
    /// - Returns: the steps under the newest call list, and the devices that they leave out for want of clearance.
    func steps(
        for device: DeviceID, at now: Date? = nil, under newest: KnownCallList
    ) -> (steps: [Step], uncleared: [DeviceID]) {
        switch purpose {
        case .page(_, let id?):
            guard let team = newest.team, let policy = team.policy(id) else { return (steps, []) }
            return cleared(team.resolve(policy, at: now)) { team.member(of: $0)?.isCleared(for: tlp) ?? false }
        case .page(_, nil):
            guard let route = newest.route else { return (steps, []) }
            return cleared(route.steps.map { $0.counted(from: at) }) { route.isCleared($0, for: tlp) }
        case .incident:
            let cleared = steps.map { step in
                step.mapPersons { devices in
                    guard let member = devices.lazy.compactMap({ newest.team?.member(of: $0) }).first,
                        member.isCleared(for: tlp)
                    else { return nil }
                    return member.devices.filter { other in
                        other != device && reopening.map { $0.devices.contains(other) } ?? true
                    }
                }
            }
            return (cleared, [])
        }
    }

    private func cleared(
        _ steps: [Step], _ isCleared: (DeviceID) -> Bool
    ) -> (steps: [Step], uncleared: [DeviceID]) {
        var uncleared: Set<DeviceID> = []
        let kept = steps.map { step in
            step.mapPersons { devices in
                if devices.contains(where: isCleared) { return devices }
                uncleared.formUnion(devices)
                return nil
            }
        }
        return (kept, uncleared.sorted())
    }
}

extension OwnDevice {
    /// Refuses a page that the newest call list itself has nobody for: to wait would not help it.
    /// - Throws: `nobodyToPage`.
    func checkCallsSomebody(_ draft: RoomDraft) throws(ClientError) {
        guard draft.kind == .page else { return }
        let (steps, uncleared) = draft.steps(for: id, at: now(), under: try trust.newest())
        guard steps.allSatisfy(\.callsNobody) else { return }
        throw ClientError(
            .nobodyToPage,
            uncleared.isEmpty
                ? "the policy calls nobody: none of its people has a device on the call list"
                : "the policy calls nobody who is cleared for TLP:\(draft.tlp.rawValue)",
            hint: "page with another policy" + (uncleared.isEmpty ? "" : ", or at a lower TLP"))
    }
}
