/// What a room is for.
public enum RoomKind: UInt8, Sendable, Hashable {
    /// A notice and its acknowledgements.
    case page = 1
    /// The people who work on an incident.
    case incident = 2
}
