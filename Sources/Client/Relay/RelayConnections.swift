import CallList
import Sodium
import Synchronization
import Terms

/// The relays that this process talks to, one connection each, made when first needed.
final class RelayConnections: Sendable {
    private let device: DeviceID
    private let sessionKey: Ed25519.PrivateKey
    private let tap: RelayTap?
    private let open = Mutex<[RelayConnection.Endpoint: RelayConnection]>([:])

    init(device: DeviceID, sessionKey: Ed25519.PrivateKey, tap: RelayTap?) {
        self.tap = tap
        self.device = device
        self.sessionKey = sessionKey
    }

    func connection(to record: RelayRecord) throws -> RelayConnection {
        guard let address = record.addresses.first, let identity = try? Ed25519.PublicKey([UInt8](record.identity))
        else { throw ClientError(.callListRefused, "the call list's entry of relay \(record.id) is not usable") }
        let endpoint = RelayConnection.Endpoint(
            id: record.id, address: address, identity: identity, certificate: [UInt8](record.tlsCertificate))
        return try open.withLock { open in
            if let known = open[endpoint] { return known }
            let connection = try RelayConnection(
                endpoint: endpoint, device: device, sessionKey: sessionKey, tap: tap)
            open[endpoint] = connection
            return connection
        }
    }

    func shutdown() async {
        let connections = open.withLock { open in
            defer { open = [:] }
            return Array(open.values)
        }
        for connection in connections { await connection.shutdown() }
    }
}
