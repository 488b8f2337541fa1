import Foundation
import Terms

extension CallListReview {
    /// What a list says of time, for whoever is about to sign it [R17, R18]: a relay's and a device's clocks are held to the issue time,
    /// and what is on the list ends by it.
    /// - Parameters:
    ///   - now: by the signer's clock.
    ///   - issued: the issue time that the signer insists on, whatever that clock says.
    /// - Throws: `reviewRefused`.
    static func checkTimes(of list: CallList, now: Date, accepting issued: Date?) throws(CallListError) {
        let time = Documents.timestamp(list.issued)
        guard
            abs(list.issued.timeIntervalSince(now)) <= CallListLimits.issueTimeSeconds
                || issued.map({ Documents.timestamp($0) == time }) ?? false
        else {
            throw CallListError(
                .reviewRefused,
                "call list \(list.version) says that it was issued on \(time), and by this clock it is "
                    + "\(Documents.timestamp(now)): more than a day apart",
                hint: "set this clock right, or have the list compiled again; where the list is right and this clock "
                    + "cannot be set: --issued \(time)")
        }
        let validity = list.expires.timeIntervalSince(list.issued)
        guard validity <= Double(CallListLimits.validityDays) * 86_400 else {
            throw CallListError(
                .reviewRefused,
                "call list \(list.version) is valid until \(Documents.timestamp(list.expires)), more than "
                    + "\(CallListLimits.validityDays) days after it is issued",
                hint: "have it compiled again: `validity_days` is at most \(CallListLimits.validityDays)")
        }
        for device in list.devices where device.expires.timeIntervalSince(list.issued) > validity * 2 {
            throw CallListError(
                .reviewRefused,
                "device \(device.id.short) stays until \(Documents.timestamp(device.expires)), longer than twice the list's "
                    + "own validity", hint: "do not sign: whoever compiled it used another program")
        }
    }
}
