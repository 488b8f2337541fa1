public import Terms

/// A call list with its team's part opened: what is compared with another version, and said in words.
public struct OpenedCallList: Sendable {
    public let list: CallList
    public let team: TeamView
    /// What members and sensors are called, quoted.
    private let names: [MemberID: String]
    private let owners: [DeviceID: MemberID]

    /// - Throws: `viewNotForThisDevice`, `viewMismatch`.
    public init(_ list: CallList, reader: ViewReader) throws(CallListError) {
        self.init(list, team: try list.openTeam(reader))
    }

    package init(_ list: CallList, team: TeamView) {
        (self.list, self.team) = (list, team)
        let called = team.members.map { ($0.id, $0.name) } + team.sensors.map { ($0.id, $0.name) }
        names = Dictionary(called.map { ($0.0, Spoken.quoted($0.1)) }) { first, _ in first }
        let devices =
            team.members.flatMap { member in member.devices.map { ($0, member.id) } }
            + team.sensors.map { ($0.device, $0.id) }
        owners = Dictionary(devices) { first, _ in first }
    }

    /// A member or sensor by name and id.
    func named(_ id: MemberID) -> String { names[id].map { "\($0) (\(id))" } ?? id.text }

    /// Whose device it is, by name and id.
    func owner(of device: DeviceID) -> String { owners[device].map(named) ?? "nobody" }
}
