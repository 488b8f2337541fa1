import Terms

/// When a device renews its keys in a room, so that a copy of its profile reads nothing that comes later [R21].
struct Healing: Sendable {
    /// Seconds between two healings of a room by one device.
    static let interval: UInt64 = 86_400
    /// Seconds after joining in which nobody heals: those who were invited together come in first.
    static let settling: UInt64 = 300
    /// What the delay is drawn from, for each device of the room: seconds. Not two of them should come at once, and a relay
    /// takes one commit every ten seconds.
    static let secondsPerDevice: UInt64 = 10
    /// Seconds beyond which a healing is due, too: the clock was wrong when it was set.
    static let farthest = 2 * interval

    /// A number in a range, each as likely as the others.
    let random: @Sendable (ClosedRange<UInt64>) -> UInt64

    /// - Parameter devices: how many are in the room.
    func soon(_ devices: Int, after now: Timestamp) -> Timestamp {
        now.adding(seconds: Self.settling + delay(devices))
    }

    func nextDay(_ devices: Int, after now: Timestamp) -> Timestamp {
        now.adding(seconds: Self.interval + delay(devices))
    }

    static func isDue(_ healing: Timestamp, at now: Timestamp) -> Bool {
        healing <= now || healing > now.adding(seconds: farthest)
    }

    private func delay(_ devices: Int) -> UInt64 {
        let most = Self.interval / 4
        let longest = min(UInt64(min(max(0, devices), Int(most))) * Self.secondsPerDevice, most)
        return min(random(0...longest), longest)
    }
}
