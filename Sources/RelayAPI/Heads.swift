public import Terms

/// The data of a `heads` event on GET /v1/stream, and the answer to GET /v1/heads: the client pulls what it lacks.
/// Newest room first. A closed room, or an ended page, is left out once the device has said since then that it processed all of
/// it; the page comes again where it goes on.
/// (The stream's other event is `entry`: base64 of `opaque room[16]` followed by an ``Entry``.)
public struct Heads: Codable, Sendable, Hashable {
    public struct Room: Codable, Sendable, Hashable {
        public let room: RoomID
        public let head: UInt64
        public let closed: Bool
        /// A page that has ended, and may be reopened for a while.
        public let ended: Bool
        public init(room: RoomID, head: UInt64, closed: Bool, ended: Bool) {
            self.room = room
            self.head = head
            self.closed = closed
            self.ended = ended
        }
    }
    public let rooms: [Room]
    public let pendingWelcomes: Int
    public let callListVersion: UInt64
    /// The relay's clock.
    public let time: Timestamp
    /// How far the relay has come.
    public let mark: SignedMark
    public init(
        rooms: [Room], pendingWelcomes: Int, callListVersion: UInt64, time: Timestamp, mark: SignedMark
    ) {
        self.rooms = rooms
        self.pendingWelcomes = pendingWelcomes
        self.callListVersion = callListVersion
        self.time = time
        self.mark = mark
    }
}
