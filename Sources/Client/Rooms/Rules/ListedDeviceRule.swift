import CallList
import Foundation
import MLS
import Sodium
import Terms

/// A leaf is of a device that the pinned call list has, with the key that the list has, and in time [R1]. The time is that of
/// the entry that brings the leaf, so that all who read the log come to one verdict.
enum ListedDeviceRule {
    /// - Returns: the device as the list has it.
    @discardableResult
    static func check(_ leaf: LeafNode, under list: CallList, at time: Date) throws(Rejection) -> Device {
        guard let identity = leaf.identity, let id = DeviceID(identity), let device = list.device(id) else {
            throw Rejection("a member's device is not on call list \(list.version)")
        }
        guard device.mlsKey.bytes == leaf.signatureKey else {
            throw Rejection("device \(id.short) uses a key that is not on call list \(list.version)")
        }
        guard device.expires > time else { throw Rejection("device \(id.short) has expired") }
        return device
    }
}
