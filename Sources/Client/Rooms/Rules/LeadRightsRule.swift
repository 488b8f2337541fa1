import Terms

/// Only a leading device adds people to an incident room or changes its policy; the pin alone moves in anybody's commit, and
/// whoever is removed leads no more [R6]. Who took the lead does all that a lead does but say who leads.
enum LeadRightsRule {
    static func check(_ change: RoomChange, isByLead: Bool, on occasion: RoomJudge.Occasion) throws(Rejection) {
        guard change.before.kind == .incident, !occasion.isFounding else { return }
        let keepsPolicy = try change.keepsPolicy()
        guard isByLead || (change.added.isEmpty && keepsPolicy) else {
            throw Rejection("only a lead adds people or changes the policy [R6]")
        }
    }
}
