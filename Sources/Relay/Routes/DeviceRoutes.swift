import CallList
import Foundation
import HTTPTypes
import Hummingbird
import RelayAPI
import WireFormat

/// What concerns one device: call lists, key packages, Welcomes, heads, cursors. All with a session.
struct DeviceRoutes {
    let relay: RelayCore
    private static let smallBytes = 256 << 10

    func add(to router: Router<RelayContext>) {
        router.get("v1/calllist") { request, _ in
            _ = try device(request)
            return Response.binary(relay.directory.list.bundleBytes)
        }
        router.get("v1/calllist/:version") { request, context in
            _ = try device(request)
            guard let version = context.parameters.get("version").flatMap({ UInt64($0) }),
                let bundle = try await relay.store.callList(version: version)
            else { throw Problem.unknownRoute }
            return Response.binary(bundle)
        }
        router.put("v1/keypackages") { request, _ in try await upload(request) }
        router.get("v1/keypackages") { request, _ in
            try Response.json(try await relay.store.stock(of: try device(request).id, at: relay.now()))
        }
        router.post("v1/keypackages/claim") { request, _ in
            let device = try device(request)
            return try await relay.deviceBodies.json(KeyPackageClaim.self, of: request, limit: Self.smallBytes) {
                claim in
                guard claim.devices.count <= relay.limits.membersPerRoom else {
                    throw Problem.limitReached("a room has at most \(relay.limits.membersPerRoom) devices")
                }
                return try Response.json(try await relay.store.claim(claim, by: device, at: relay.now()))
            }
        }
        router.get("v1/welcomes") { request, _ in
            let device = try device(request)
            let last = request.number("before").map { place in
                WelcomePosition(place: place, seq: request.number("after") ?? .max)
            }
            let welcomes = try await relay.store.welcomes(
                for: device.id, after: last, limit: request.limit(atMost: relay.limits.entriesPerPage))
            return Response.binary(PendingWelcomes(welcomes: welcomes).encoded)
        }
        router.get("v1/heads") { request, _ in
            try Response.json(try await relay.heads(of: try device(request).id))
        }
        router.put("v1/cursors") { request, _ in
            let device = try device(request)
            return try await relay.deviceBodies.json(CursorUpdate.self, of: request, limit: Self.smallBytes) {
                try await relay.store.update($0, of: device)
                return Response.done
            }
        }
    }

    private func device(_ request: Request) throws(Problem) -> Device {
        try relay.authenticate(request.headers[.authorization])
    }

    private func upload(_ request: Request) async throws -> Response {
        let device = try device(request)
        let limits = relay.limits
        let bodyLimit = limits.keyPackagesPerDevice * limits.keyPackageBytes * 2
        return try await relay.deviceBodies.json(KeyPackageUpload.self, of: request, limit: bodyLimit) { upload in
            guard upload.keyPackages.count <= limits.keyPackagesPerDevice + 1,
                upload.keyPackages.allSatisfy({
                    $0.reference.count == 32 && (1...limits.keyPackageBytes).contains($0.keyPackage.count)
                })
            else {
                throw Problem.keyPackageRefused(
                    "at most \(limits.keyPackagesPerDevice) at once, each of at most \(limits.keyPackageBytes) bytes")
            }
            return try Response.json(
                try await relay.store.put(upload, of: device, limit: limits.keyPackagesPerDevice, at: relay.now()))
        }
    }
}
