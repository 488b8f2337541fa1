import Foundation
import NIOHTTP1
import RelayAPI
import Terms
import WireFormat

/// The relay's resources, one function each.
extension Link {
    func info() async throws -> RelayInfo {
        try Self.decode(RelayInfo.self, try await sendOpenly(.GET, "/v1/relay"))
    }

    func callList(version: UInt64? = nil) async throws -> [UInt8] {
        try await send(.GET, version.map { "/v1/calllist/\($0)" } ?? "/v1/calllist")
    }

    /// Needs no session: the officers' signatures are what counts, and an officer may own no device.
    func publish(callList bundle: [UInt8]) async throws {
        _ = try await sendOpenly(.PUT, "/v1/calllist?device=\(device)", body: .binary(bundle))
    }

    func upload(_ upload: KeyPackageUpload) async throws -> KeyPackageStock {
        let answer = try await send(.PUT, "/v1/keypackages", body: .json(try JSONEncoder().encode(upload)))
        return try Self.decode(KeyPackageStock.self, answer)
    }

    func keyPackageStock() async throws -> KeyPackageStock {
        try Self.decode(KeyPackageStock.self, try await send(.GET, "/v1/keypackages"))
    }

    func claim(_ claim: KeyPackageClaim) async throws -> KeyPackageClaimAnswer {
        let answer = try await send(.POST, "/v1/keypackages/claim", body: .json(try JSONEncoder().encode(claim)))
        return try Self.decode(KeyPackageClaimAnswer.self, answer)
    }

    func create(encoded creation: [UInt8]) async throws -> RoomReceipts {
        try Self.binary { try RoomReceipts(decoding: $0) }(
            try await send(.POST, "/v1/rooms", body: .binary(creation)))
    }

    func post(encoded entry: [UInt8], to room: RoomID) async throws -> Receipt {
        try Self.binary { try Receipt(decoding: $0) }(
            try await send(.POST, "/v1/rooms/\(room)/entries", body: .binary(entry)))
    }

    func entries(of room: RoomID, after seq: UInt64, limit: Int) async throws -> EntryPage {
        let page = try Self.binary { try EntryPage(decoding: $0) }(
            try await send(.GET, "/v1/rooms/\(room)/entries?after=\(seq)&limit=\(limit)"))
        guard page.entries.count <= limit else { throw Self.misbehaved }
        return page
    }

    /// What waits after `last`, the newest room first; empty where that was all.
    /// - Throws: `relayMisbehaved` also where the relay goes back, so that nobody reads for ever.
    func welcomes(after last: PendingWelcome?, limit: Int) async throws -> [PendingWelcome] {
        let position = last.map { "before=\($0.place)&after=\($0.seq)&" } ?? ""
        let welcomes = try Self.binary { try PendingWelcomes(decoding: $0) }(
            try await send(.GET, "/v1/welcomes?\(position)limit=\(limit)")
        ).welcomes
        var last = last
        for welcome in welcomes {
            if let last {
                guard welcome.place < last.place || welcome.place == last.place && welcome.seq > last.seq else {
                    throw Self.misbehaved
                }
            }
            last = welcome
        }
        guard welcomes.count <= limit else { throw Self.misbehaved }
        return welcomes
    }

    func heads() async throws -> Heads {
        try Self.decode(Heads.self, try await send(.GET, "/v1/heads"))
    }

    /// Shows the relay that it went back in time.
    /// - Returns: whether it began anew for it.
    func prove(_ proof: MarkProof) async throws -> Bool {
        do {
            _ = try await send(.POST, "/v1/generation", body: .binary(proof.encoded))
            return true
        } catch let problem as Problem where problem.code == .proofRefused {
            return false
        }
    }

    func update(_ cursors: CursorUpdate) async throws {
        _ = try await send(.PUT, "/v1/cursors", body: .json(try JSONEncoder().encode(cursors)))
    }

    private static func binary<T>(_ decode: @escaping ([UInt8]) throws -> T) -> ([UInt8]) throws -> T {
        { bytes in
            do {
                return try decode(bytes)
            } catch {
                throw misbehaved
            }
        }
    }

    private static let misbehaved = ClientError(
        .relayMisbehaved, "the relay's answer is not what the protocol says")
}
