import CallList
import Sodium
import Synchronization
import Terms

/// The relays that this process talks to, one link each, made when first needed.
final class Links: Sendable {
    private let trust: Trust
    private let tap: LinkTap?
    private let open = Mutex<[Link.Endpoint: Link]>([:])
    private let reached = Mutex(false)

    init(trust: Trust, tap: LinkTap?) {
        self.trust = trust
        self.tap = tap
    }

    /// The home relay of new rooms: the first on the call list.
    /// - Throws: `notEnrolled`, `callListRefused`.
    func forNewRooms() throws -> Link {
        guard let record = try trust.newest().list.relays.first else {
            throw ClientError(.callListRefused, "the call list names no relay")
        }
        return try link(to: record)
    }

    /// A room's home relay, wherever it stands on the call list [R16].
    /// - Parameter relay: its id; nil where the room does not say yet, and is asked for where new rooms are.
    /// - Throws: `callListRefused` where the list does not name it any more.
    func home(_ relay: String?) throws -> Link {
        guard let relay else { return try forNewRooms() }
        guard let record = try trust.newest().list.relays.first(where: { $0.id == relay }) else {
            throw ClientError(
                .callListRefused, "the call list does not name the room's relay \(relay) any more",
                hint: "ask an officer")
        }
        return try link(to: record)
    }

    /// Whether a link leads to the relay that the newest call list has under an id. By its key: a link outlives call lists.
    func leads(_ link: Link, to relay: String?) throws -> Bool {
        let record = try trust.newest().list.relays.first { $0.id == relay }
        return record.map { [UInt8]($0.identity) == link.endpoint.identity.bytes } ?? false
    }

    private func link(to record: RelayRecord) throws -> Link {
        guard let address = record.addresses.first, let identity = try? Ed25519.PublicKey([UInt8](record.identity))
        else { throw ClientError(.callListRefused, "the call list's entry of relay \(record.id) is not usable") }
        let endpoint = Link.Endpoint(
            id: record.id, address: address, identity: identity, certificate: [UInt8](record.tlsCertificate))
        let keys = trust.identity.keys
        return try open.withLock { open in
            if let known = open[endpoint] { return known }
            let link = try Link(
                endpoint: endpoint, device: keys.id, sessionKey: keys.session, tap: tap,
                heard: { [clocks = trust.clocks] in clocks.heard($0) })
            open[endpoint] = link
            return link
        }
    }

    /// Whether this process has caught up with a relay.
    var haveReached: Bool { reached.withLock { $0 } }
    func noteReached() { reached.withLock { $0 = true } }

    func shutdown() async {
        let links = open.withLock { open in
            defer { open = [:] }
            return Array(open.values)
        }
        for link in links { await link.shutdown() }
    }
}
