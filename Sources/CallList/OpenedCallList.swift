public import Terms

/// A call list with its team's part opened: what is compared with another version, and said in words.
public struct OpenedCallList: Sendable {
    public let list: CallList
    public let team: TeamView

    /// - Throws: `viewNotForThisDevice`, `viewMismatch`.
    public init(_ list: CallList, reader: ViewReader) throws(CallListError) {
        self.init(list, team: try list.openTeam(reader))
    }

    package init(_ list: CallList, team: TeamView) { (self.list, self.team) = (list, team) }
}
