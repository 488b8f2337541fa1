import CallList
import Foundation
import Terms

/// This device, as all who work for it share it: what it knows, whom it believes, its relays and its clock.
struct OwnDevice: Sendable {
    let vault: Vault
    let trust: Trust
    let links: Links
    /// Nil for a sensor, which never commits [R5].
    let healing: Healing?
    let now: @Sendable () -> Date

    var id: DeviceID { trust.identity.keys.id }
    var keys: DeviceKeys { trust.identity.keys }
    var lists: KnownCallLists { trust.lists }
    /// Now, by this device's clock.
    var time: Timestamp { Timestamp(now()) }
}
