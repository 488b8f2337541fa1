import CallList
import Foundation
import Hummingbird
import RelayAPI
import Terms
import WireFormat

/// Rooms and their logs. All with a session.
struct RoomRoutes {
    let relay: RelayCore

    func add(to routes: Routes<DeviceContext>) {
        let requests = relay.deviceBodies.upTo(relay.limits.requestBytes)
        routes.on(.post, "v1/rooms", binary: RoomCreation.self, within: requests) { creation, context in
            try await create(creation, by: context.device)
        }
        routes.on(.post, "v1/rooms/:room/entries", binary: EntryPost.self, within: requests) { post, context in
            let room = try context.room()
            try RoomRules(limits: relay.limits).check(post)
            let accepted = try await relay.store.post(
                post, to: room, by: context.device, lists: try await relay.lists(for: post), limits: relay.limits,
                at: relay.clock.now)
            return Response.binary(try relay.receipt(accepted, room: room).encoded)
        }
        routes.on(.get, "v1/rooms/:room/entries") { context in
            let room = try context.room()
            return try await relay.answers.answer(context.device.id) {
                try await relay.store.entries(
                    of: room, after: context.query.after ?? 0,
                    limit: context.query.limit(atMost: relay.limits.entriesPerPage), for: context.device.id
                ).encoded
            }
        }
    }

    private func create(_ creation: RoomCreation, by device: Device) async throws -> Response {
        try RoomRules(limits: relay.limits).check(creation, by: device.id)
        if device.kind == .sensor { try relay.sensorRooms.take(device.id, at: relay.clock.now.time.date) }
        let accepted = try await relay.store.create(
            creation, by: device, lists: try await relay.lists(for: creation.entries.first), limits: relay.limits,
            at: relay.clock.now)
        return Response.binary(
            RoomReceipts(receipts: try accepted.map { try relay.receipt($0, room: creation.room) }).encoded)
    }
}
