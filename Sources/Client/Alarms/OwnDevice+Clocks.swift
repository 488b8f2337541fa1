import CallList
import Foundation
import Terms

extension OwnDevice {
    /// A difference of minutes is an alarm that says whose clock it is, where that can be known [R18]: nobody's is behind the
    /// time when the newest call list was signed.
    func tellOfClocks(_ relay: String) throws {
        guard let difference = trust.clocks.differenceToTell() else { return }
        let issued = try trust.newest().list.issued
        let whose =
            if now() < issued {
                "this device's is behind: the newest call list was signed later"
            } else if trust.clocks.relay < issued {
                "the relay's is behind: the newest call list was signed later"
            } else {
                "one of them is wrong"
            }
        let side = difference > 0 ? "ahead of" : "behind"
        try raise(
            .clocksDiffer, by: .relay(relay),
            "this device's is \(Clocks.words(abs(difference))) \(side) the relay's; \(whose)")
    }
}
