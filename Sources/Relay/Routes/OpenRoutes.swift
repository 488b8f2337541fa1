import CallList
import Foundation
import Hummingbird
import RelayAPI
import Sodium
import Terms

/// What anybody may ask, without a session: one bucket of tokens for all of it, and no look at the database.
struct OpenRoutes {
    let relay: RelayCore
    /// A session request is small.
    private static let sessionBytes = 4 << 10

    func add(to router: Router<RelayContext>) {
        router.get("v1/relay") { _, _ in try Response.json(try info()) }
        router.get("v1/root") { _, _ in
            try relay.openRate.take(0, at: relay.now().date)
            return Response.binary(relay.root.envelope)
        }
        router.get("v1/challenge") { _, _ in
            try relay.openRate.take(0, at: relay.now().date)
            return try Response.json(relay.sessions.challenge(at: relay.now()))
        }
        router.post("v1/session") { request, _ in
            try relay.openRate.take(0, at: relay.now().date)
            return try await relay.openBodies.json(SessionRequest.self, of: request, limit: Self.sessionBytes) {
                let now = relay.now()
                let device = try? relay.directory.device($0.device, at: now)
                return try Response.json(try relay.sessions.open($0, device: device, at: now))
            }
        }
        // The officers' signatures are its authentication, checked in memory.
        router.put("v1/calllist") { request, _ in
            try relay.openRate.take(0, at: relay.now().date)
            return try await relay.callListBodies.reading(request, limit: relay.limits.callListBytes) {
                try await relay.accept(callList: $0)
                return Response.done
            }
        }
    }

    private func info() throws(Problem) -> RelayInfo {
        try relay.openRate.take(0, at: relay.now().date)
        return RelayInfo(
            identity: Data(relay.identity.publicKey.bytes), time: relay.now(),
            callListVersion: relay.directory.list.version,
            limits: RelayInfo.Limits(
                entryBytes: relay.limits.entryBytes, requestBytes: relay.limits.requestBytes,
                membersPerRoom: relay.limits.membersPerRoom))
    }
}
