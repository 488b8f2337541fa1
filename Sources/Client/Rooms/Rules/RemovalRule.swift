import CallList
import Foundation

/// Anybody may remove whom the call list revoked or let expire; only a lead removes others [R6].
enum RemovalRule {
    /// - Parameter list: the list that the commit pins, so that a removal and the list that it follows from are one commit.
    static func check(
        _ change: RoomChange, isByLead: Bool, on occasion: RoomJudge.Occasion, under list: CallList, at time: Date
    ) throws(Rejection) {
        guard !isByLead, !occasion.isFounding else { return }
        for leaf in change.removed where (try? ListedDeviceRule.check(leaf, under: list, at: time)) != nil {
            throw Rejection("only a lead removes somebody who is on the call list [R6]")
        }
    }
}
