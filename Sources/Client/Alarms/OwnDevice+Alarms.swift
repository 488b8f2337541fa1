import Terms

extension OwnDevice {
    /// Keeps something that a person must hear of [R20].
    func raise(_ cause: AlarmCause, room: RoomID? = nil, by party: AlarmParty? = nil, _ detail: String) throws {
        try trust.raise(AlarmSubject(cause, room: room, by: party), detail)
    }

    /// Runs something that talks to relays: that whoever answers is not the pinned one, or lies, is kept as an alarm, too.
    func noticing<T>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let error as ClientError where error.code == .pinMismatch || error.code == .relayMisbehaved {
            try raise(error.code == .pinMismatch ? .impostor : .relayMisbehaves, error.reason)
            throw error
        }
    }
}
