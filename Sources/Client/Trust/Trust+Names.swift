import CallList
import Terms

extension Trust {
    /// As the newest call list that knows the device has it; its pseudonym where none does.
    func displayName(of device: DeviceID?) -> String {
        guard let device else { return "relay" }
        for known in lists.all {
            if let name = known.team?.displayName(of: device) { return name }
            if device == identity.keys.id, let route = known.route { return route.name }
        }
        return "device \(device.short)"
    }
}
