package import MLS
package import Terms

/// What measuring and auditing tools need; no part of the face.
extension Client {
    /// A session token of this device, for measuring a relay without a client in between.
    package func sessionToken() async throws -> String { try await own.links.forNewRooms().currentToken() }

    /// Hands out what this profile's vault has to open a room with: every state of its group, and the key packages that a
    /// Welcome may be for. Whoever holds the profile and what unlocks it has these; nothing is changed.
    package func withSecrets<T>(
        of room: RoomID, _ body: ([Group], (_ reference: [UInt8]) throws -> KeyPackageBundle?) throws -> T
    ) throws -> T {
        try vault.read { db in
            let states = [try db.record(room)?.group, try db.pendingCommit(of: room)?.next]
            return try body(states.compactMap { $0 }) { try db.keyPackage($0) }
        }
    }
}
