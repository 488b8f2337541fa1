import CallList
import Foundation
import HTTPTypes
import Hummingbird
import RelayAPI
import WireFormat

/// Rooms and their logs. All with a session.
struct RoomRoutes {
    let relay: RelayCore
    private static let commandBytes = 1 << 10

    func add(to router: Router<RelayContext>) {
        router.post("v1/rooms") { request, _ in try await create(request) }
        router.post("v1/rooms/:room/entries") { request, context in
            let device = try device(request)
            let post = try await request.binary(EntryPost.self, limit: relay.limits.requestBytes)
            try check(post)
            let room = try context.room()
            let accepted = relay.announce(
                try await relay.store.post(
                    post, to: room, by: device, list: relay.directory.list, limits: relay.limits, at: relay.now()))
            if post.entryClass == .statement || post.closesRoom { relay.wakeTimer.yield() }
            return Response.binary(relay.receipt(accepted, room: room).encoded)
        }
        router.get("v1/rooms/:room/entries") { request, context in
            let device = try device(request)
            let query = request.uri.queryParameters
            let after = query["after"].flatMap { UInt64($0) } ?? 0
            let limit = min(max(1, query["limit"].flatMap { Int($0) } ?? 100), relay.limits.entriesPerPage)
            return Response.binary(
                try await relay.store.entries(
                    of: try context.room(), after: after, limit: limit, for: device.id
                ).encoded)
        }
        router.post("v1/rooms/:room/escalate") { request, context in
            let device = try device(request)
            let command = try await request.json(RoomCommand.self, limit: Self.commandBytes)
            relay.announce(
                try await relay.store.escalate(
                    try context.room(), event: command.event, by: device, at: relay.now()))
            relay.wakeTimer.yield()
            return Response.done
        }
        router.post("v1/rooms/:room/close") { request, context in
            let device = try device(request)
            _ = try await request.json(RoomCommand.self, limit: Self.commandBytes)
            relay.announce(try await relay.store.close(try context.room(), by: device, at: relay.now()))
            relay.wakeTimer.yield()
            return Response.done
        }
    }

    private func device(_ request: Request) throws(Problem) -> Device {
        try relay.authenticate(request.headers[.authorization])
    }

    private func create(_ request: Request) async throws -> Response {
        let device = try device(request)
        let creation = try await request.binary(RoomCreation.self, limit: relay.limits.requestBytes)
        try check(creation)
        if device.kind == .sensor { try relay.sensorRooms.take(device.id, at: relay.now().date) }
        let accepted = relay.announce(
            try await relay.store.create(
                creation, by: device, list: relay.directory.list, limits: relay.limits, at: relay.now()))
        relay.wakeTimer.yield()
        return Response.binary(
            RoomReceipts(receipts: accepted.map { relay.receipt($0, room: creation.room) }).encoded)
    }

    // MARK: Rules that need no look at the database

    private func check(_ post: EntryPost) throws(Problem) {
        guard post.payload.count <= relay.limits.entryBytes || post.entryClass == .commit else {
            throw .tooLarge(relay.limits.entryBytes)
        }
        guard post.entryClass == .commit else {
            guard post.welcomes.isEmpty else { throw .malformed("only a commit brings Welcomes") }
            return
        }
        try check(commit: post)
    }

    private func check(commit post: EntryPost) throws(Problem) {
        let header = try SQLiteStore.header(of: post)
        guard header.adds.count <= relay.limits.membersPerRoom else {
            throw .limitReached("a room has at most \(relay.limits.membersPerRoom) devices")
        }
        let welcomed = post.welcomes.flatMap(\.devices)
        guard Set(welcomed) == Set(header.adds), welcomed.count == header.adds.count,
            Set(header.adds).count == header.adds.count
        else { throw .malformed("each device that is added needs one Welcome") }
        guard Set(header.adds).isDisjoint(with: header.removes) else {
            throw .malformed("a commit adds and removes one device")
        }
    }

    private func check(_ creation: RoomCreation) throws(Problem) {
        guard let first = creation.entries.first, first.entryClass == .commit,
            creation.entries.dropFirst().allSatisfy({ $0.entryClass == .message }), creation.entries.count <= 8
        else { throw .malformed("a room begins with a commit, and messages after it") }
        for post in creation.entries { try check(post) }
        switch creation.kind {
        case .incident:
            guard creation.steps.isEmpty, creation.horizon == 0, first.welcomes.allSatisfy({ $0.step == 0 }) else {
                throw .malformed("an incident room has no steps and no horizon")
            }
        case .page: try check(page: creation, first: first)
        }
    }

    private func check(page creation: RoomCreation, first: EntryPost) throws(Problem) {
        guard (1...32).contains(creation.steps.count), creation.horizon > 0,
            creation.horizon <= CallListLimits.horizonSeconds
        else { throw .malformed("a page has 1 to 32 steps and a horizon of at most 72 hours") }
        let members = Set(first.welcomes.flatMap(\.devices))
        for (index, step) in creation.steps.enumerated() {
            guard Set(step.persons.flatMap { $0 }).isSubset(of: members),
                step.persons.isEmpty || (1...step.persons.count).contains(Int(step.need)), index > 0 || step.delay == 0
            else { throw .malformed("a step calls devices that are not members, or needs more persons than it calls") }
        }
        guard first.welcomes.allSatisfy({ (1...creation.steps.count).contains(Int($0.step)) }) else {
            throw .malformed("a Welcome is for a step that is not there")
        }
    }
}
