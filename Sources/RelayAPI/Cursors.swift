public import Terms

/// PUT /v1/cursors: "processed up to".
public struct CursorUpdate: Codable, Sendable, Hashable {
    public struct Item: Codable, Sendable, Hashable {
        public let room: RoomID
        public let seq: UInt64
        public init(room: RoomID, seq: UInt64) {
            self.room = room
            self.seq = seq
        }
    }
    public let cursors: [Item]
    public init(cursors: [Item]) { self.cursors = cursors }
}
