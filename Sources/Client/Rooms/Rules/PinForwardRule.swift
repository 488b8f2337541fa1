/// The pinned call list only moves forward: to a later version, or not at all. Else somebody revoked could come back by a
/// list that still has them [R1].
enum PinForwardRule {
    static func check(_ change: RoomChange) throws(Rejection) {
        let (before, after) = (change.before.pin, change.after.pin)
        guard after.version > before.version || after == before else {
            throw Rejection("a commit moves the room back to an older call list")
        }
    }
}
