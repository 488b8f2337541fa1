import CallList
import Foundation
import Hummingbird
import RelayAPI
import WireFormat

/// What concerns one device: call lists, key packages, Welcomes, heads, cursors. All with a session.
struct DeviceRoutes {
    let relay: RelayCore
    private static let smallBytes = 256 << 10

    func add(to routes: Routes<DeviceContext>) {
        routes.on(.get, "v1/calllist") { context in
            let bundle = relay.directory.list.bundleBytes
            return try await relay.answers.answer(context.device.id, upTo: bundle.count) { bundle }
        }
        routes.on(.get, "v1/calllist/:version") { context in
            try await relay.answers.answer(context.device.id, upTo: relay.limits.callListBytes) {
                guard let version = context.parameters.get("version").flatMap({ UInt64($0) }),
                    let bundle = try await relay.store.callList(version: version)
                else { throw Problem.unknownRoute }
                return bundle
            }
        }
        routes.on(
            .post, "v1/generation", binary: MarkProof.self, within: relay.deviceBodies.upTo(Self.smallBytes)
        ) { proof, _ in
            guard try await relay.check(proof) else { throw Problem.proofRefused }
            return Response.done
        }
        addKeyPackages(to: routes)
        routes.on(.get, "v1/welcomes") { context in
            let last = context.query.before.map { place in
                WelcomePosition(place: place, seq: context.query.after ?? .max)
            }
            return try await relay.answers.answer(context.device.id) {
                let welcomes = try await relay.store.welcomes(
                    for: context.device.id, after: last,
                    limit: context.query.limit(atMost: relay.limits.entriesPerPage))
                return PendingWelcomes(welcomes: welcomes).encoded
            }
        }
        routes.on(.get, "v1/heads") { context in
            try await relay.answers.json(context.device.id) { try await relay.heads(of: context.device.id) }
        }
        routes.on(
            .put, "v1/cursors", json: CursorUpdate.self, within: relay.deviceBodies.upTo(Self.smallBytes)
        ) { cursors, context in
            try await relay.store.update(cursors, of: context.device)
            return Response.done
        }
    }

    private func addKeyPackages(to routes: Routes<DeviceContext>) {
        let limits = relay.limits
        routes.on(.get, "v1/keypackages") { context in
            try Response.json(try await relay.store.stock(of: context.device.id, at: relay.clock.now))
        }
        routes.on(
            .put, "v1/keypackages", json: KeyPackageUpload.self,
            within: relay.deviceBodies.upTo(limits.keyPackagesPerDevice * limits.keyPackageBytes * 2)
        ) { upload, context in
            try check(upload)
            return try Response.json(
                try await relay.store.put(
                    upload, of: context.device, limit: limits.keyPackagesPerDevice, at: relay.clock.now))
        }
        routes.on(
            .post, "v1/keypackages/claim", json: KeyPackageClaim.self,
            within: relay.deviceBodies.upTo(Self.smallBytes)
        ) { claim, context in
            guard claim.devices.count <= limits.membersPerRoom else {
                throw Problem.limitReached("a room has at most \(limits.membersPerRoom) devices")
            }
            return try await relay.answers.json(context.device.id) {
                try await relay.store.claim(
                    claim, by: context.device, under: relay.directory.list, limits: limits, at: relay.clock.now)
            }
        }
    }

    private func check(_ upload: KeyPackageUpload) throws(Problem) {
        let limits = relay.limits
        guard upload.keyPackages.count <= limits.keyPackagesPerDevice + 1,
            upload.keyPackages.allSatisfy({
                $0.reference.count == 32 && (1...limits.keyPackageBytes).contains($0.keyPackage.count)
            })
        else {
            throw .keyPackageRefused(
                "at most \(limits.keyPackagesPerDevice) at once, each of at most \(limits.keyPackageBytes) bytes")
        }
    }
}
