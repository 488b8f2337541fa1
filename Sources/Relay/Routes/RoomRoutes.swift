import CallList
import Foundation
import HTTPTypes
import Hummingbird
import RelayAPI
import Terms
import WireFormat

/// Rooms and their logs. All with a session.
struct RoomRoutes {
    let relay: RelayCore
    private static let commandBytes = 1 << 10

    func add(to router: Router<RelayContext>) {
        router.post("v1/rooms") { request, _ in try await create(request) }
        router.post("v1/rooms/:room/entries") { request, context in
            let device = try device(request)
            let room = try context.room()
            return try await relay.deviceBodies.binary(
                EntryPost.self, of: request, limit: relay.limits.requestBytes
            ) { post in
                try RoomRules(limits: relay.limits).check(post)
                let accepted = try await relay.store.post(
                    post, to: room, by: device, list: relay.directory.list, limits: relay.limits, at: relay.now())
                return Response.binary(relay.receipt(accepted, room: room).encoded)
            }
        }
        router.get("v1/rooms/:room/entries") { request, context in
            let device = try device(request)
            return Response.binary(
                try await relay.store.entries(
                    of: try context.room(), after: request.number("after") ?? 0,
                    limit: request.limit(atMost: relay.limits.entriesPerPage), for: device.id
                ).encoded)
        }
        router.post("v1/rooms/:room/escalate") { request, context in
            let device = try device(request)
            let room = try context.room()
            return try await relay.deviceBodies.json(RoomCommand.self, of: request, limit: Self.commandBytes) {
                try await relay.store.escalate(room, event: $0.event, by: device, at: relay.now())
                return Response.done
            }
        }
        router.post("v1/rooms/:room/close") { request, context in
            let device = try device(request)
            let room = try context.room()
            return try await relay.deviceBodies.json(RoomCommand.self, of: request, limit: Self.commandBytes) { _ in
                try await relay.store.close(room, by: device, at: relay.now())
                return Response.done
            }
        }
    }

    private func device(_ request: Request) throws(Problem) -> Device {
        try relay.authenticate(request.headers[.authorization])
    }

    private func create(_ request: Request) async throws -> Response {
        let device = try device(request)
        return try await relay.deviceBodies.binary(
            RoomCreation.self, of: request, limit: relay.limits.requestBytes
        ) { creation in
            try RoomRules(limits: relay.limits).check(creation)
            if device.kind == .sensor { try relay.sensorRooms.take(device.id, at: relay.now().date) }
            let accepted = try await relay.store.create(
                creation, by: device, list: relay.directory.list, limits: relay.limits, at: relay.now())
            return Response.binary(
                RoomReceipts(receipts: accepted.map { relay.receipt($0, room: creation.room) }).encoded)
        }
    }
}
