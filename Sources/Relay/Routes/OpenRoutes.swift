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

    func add(to routes: Routes<OpenContext>) {
        routes.on(.get, "v1/relay") { _ in try Response.json(info()) }
        routes.on(.get, "v1/root") { _ in Response.binary(relay.directory.list.root.envelope) }
        routes.on(.get, "v1/root/:version") { context in
            // Of the roots that the call list carries: in memory.
            guard let version = context.parameters.get("version").flatMap({ UInt64($0) }),
                let root = relay.directory.list.roots[version: version]
            else { throw Problem.unknownRoute }
            return Response.binary(root.envelope)
        }
        routes.on(.get, "v1/challenge") { _ in try Response.json(relay.sessions.challenge(at: relay.clock.now.time)) }
        routes.on(
            .post, "v1/session", json: SessionRequest.self, within: relay.openBodies.upTo(Self.sessionBytes)
        ) { request, _ in
            let now = relay.clock.now
            let device = try? relay.directory.device(request.device, at: now)
            return try Response.json(try relay.sessions.open(request, device: device, at: now.time))
        }
        // The officers' signatures are its authentication, checked in memory.
        routes.on(
            .put, "v1/calllist", within: relay.callListBodies.upTo(relay.limits.callListBytes)
        ) { bundle, _ in
            try await relay.accept(callList: bundle)
            return Response.done
        }
    }

    private func info() -> RelayInfo {
        RelayInfo(
            identity: Data(relay.identity.publicKey.bytes), time: relay.clock.now.time,
            callListVersion: relay.directory.list.version,
            limits: RelayInfo.Limits(
                entryBytes: relay.limits.entryBytes, requestBytes: relay.limits.requestBytes,
                membersPerRoom: relay.limits.membersPerRoom))
    }
}
