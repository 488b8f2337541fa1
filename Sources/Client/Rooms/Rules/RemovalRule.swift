import CallList
import Foundation
import Terms

/// Anybody may remove whom the call list revoked or let expire; only a lead removes others, or who took the lead and has
/// another's statement who took it [R6].
enum RemovalRule {
    /// - Parameters:
    ///   - agreed: whom the author, who took the lead, may remove: see ``TakeoverRule/agreedRemovals(of:in:on:under:at:)``.
    ///   - list: the list that the commit pins, so that a removal and the list that it follows from are one commit.
    static func check(
        _ change: RoomChange, isByLead: Bool, agreed: Set<DeviceID> = [], on occasion: RoomJudge.Occasion,
        under list: CallList, at time: Date
    ) throws(Rejection) {
        guard !isByLead, !occasion.isFounding else { return }
        for leaf in change.removed where (try? ListedDeviceRule.check(leaf, under: list, at: time)) != nil {
            if let device = try? leaf.deviceID(), agreed.contains(device) { continue }
            throw Rejection("only a lead removes somebody who is on the call list [R6]")
        }
    }
}
