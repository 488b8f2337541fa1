import Terms

/// Whom a request counts for [R19].
enum Party: Hashable, Sendable {
    case address(ClientAddress)
    /// A device of the call list that was named, from that address: whoever is not a member knows no device's id.
    case named(DeviceID, ClientAddress)
    /// Shown by its token.
    case device(DeviceID)
}

/// Who asks, and whether they go before strangers.
struct Caller: Sendable {
    let party: Party
    let goesFirst: Bool

    static func device(_ id: DeviceID) -> Caller { Caller(party: .device(id), goesFirst: true) }
}
