/// What a relay accepts: every number an operator can set, in `limits.json`. Anything left out keeps its default.
public struct RelayLimits: Codable, Sendable, Hashable {
    /// Bytes of one entry's payload.
    public var entryBytes = 256 << 10
    /// Bytes of one request: a room's creation with its Welcomes is the largest.
    public var requestBytes = 16 << 20
    /// Bytes of a call list bundle.
    public var callListBytes = 8 << 20
    /// Devices in one room.
    public var membersPerRoom = 1_000
    /// Entries that one request gives back.
    public var entriesPerPage = 500
    /// Key packages kept for one device.
    public var keyPackagesPerDevice = 100
    /// Bytes of one key package.
    public var keyPackageBytes = 16 << 10
    /// Rooms that one sensor may have open at once.
    public var openRoomsPerSensor = 100
    /// Streams that one device may have open at once.
    public var streamsPerDevice = 8
    /// Messages that wait for one stream before it is told just the heads.
    public var streamBacklog = 256
    /// Requests a second that one device may make, and how many at once.
    public var requestsPerSecond = 200.0
    public var requestBurst = 2_000.0
    /// Rooms an hour that one sensor may make, and how many at once.
    public var sensorRoomsPerHour = 120.0
    public var sensorRoomBurst = 60.0
    /// Requests a second without a session, over all, and how many at once.
    public var openRequestsPerSecond = 200.0
    public var openRequestBurst = 1_000.0
    /// Pages (4 KiB each) of the database; 0 for no limit but the disk's.
    public var databasePages = 0

    public init() {}

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let known = Set(CodingKeys.allCases.map(\.stringValue))
        let names = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
        if let unknown = names.first(where: { !known.contains($0) }) {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "there is no limit called \(unknown)"))
        }
        func read<T: Decodable & Comparable & Numeric>(_ key: CodingKeys, _ value: inout T) throws {
            guard let given = try container.decodeIfPresent(T.self, forKey: key) else { return }
            guard given >= 0 else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "a limit is not negative")
            }
            value = given
        }
        try read(.entryBytes, &entryBytes)
        try read(.requestBytes, &requestBytes)
        try read(.callListBytes, &callListBytes)
        try read(.membersPerRoom, &membersPerRoom)
        try read(.entriesPerPage, &entriesPerPage)
        try read(.keyPackagesPerDevice, &keyPackagesPerDevice)
        try read(.keyPackageBytes, &keyPackageBytes)
        try read(.openRoomsPerSensor, &openRoomsPerSensor)
        try read(.streamsPerDevice, &streamsPerDevice)
        try read(.streamBacklog, &streamBacklog)
        try read(.requestsPerSecond, &requestsPerSecond)
        try read(.requestBurst, &requestBurst)
        try read(.sensorRoomsPerHour, &sensorRoomsPerHour)
        try read(.sensorRoomBurst, &sensorRoomBurst)
        try read(.openRequestsPerSecond, &openRequestsPerSecond)
        try read(.openRequestBurst, &openRequestBurst)
        try read(.databasePages, &databasePages)
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case entryBytes, requestBytes, callListBytes, membersPerRoom, entriesPerPage, keyPackagesPerDevice
        case keyPackageBytes, openRoomsPerSensor, streamsPerDevice, streamBacklog, requestsPerSecond, requestBurst
        case sensorRoomsPerHour, sensorRoomBurst, openRequestsPerSecond, openRequestBurst, databasePages
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
