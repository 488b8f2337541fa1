import Terms

/// A page room has all whom it may ever call from its first commit on. Nobody leads it, so nobody is added later, and of its
/// policy only the pin moves [R6].
enum PageMembersRule {
    static func check(_ change: RoomChange, on occasion: RoomJudge.Occasion) throws(Rejection) {
        guard change.before.kind == .page, !occasion.isFounding else { return }
        let keepsPolicy = try change.keepsPolicy()
        guard change.added.isEmpty, keepsPolicy else {
            throw Rejection("nobody is added to a page room, and its policy stays")
        }
    }
}
