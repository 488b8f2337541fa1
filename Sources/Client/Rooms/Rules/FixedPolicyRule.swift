/// A room stays what it was made as: its kind, incident, compartment, home relay and the room that it succeeds never change,
/// whoever commits. All that is judged under the room's policy rests on that [R1].
enum FixedPolicyRule {
    static func check(_ change: RoomChange) throws(Rejection) {
        let (before, after) = (change.before, change.after)
        guard before.kind == after.kind, before.incident == after.incident,
            before.compartment == after.compartment, before.homeRelay == after.homeRelay,
            before.succeeds == after.succeeds
        else { throw Rejection("a commit changes what never changes in a room's policy") }
    }
}
