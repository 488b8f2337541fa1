import CallList

/// What a relay accepts: every number an operator can set, in `limits.json`. Anything left out keeps its default.
public struct RelayLimits: Codable, Sendable, Hashable {
    /// Bytes of one entry's payload.
    public var entryBytes = 256 << 10
    /// Bytes of one request: a room's creation with its Welcomes is the largest.
    public var requestBytes = 16 << 20
    /// Bytes of requests, of all devices together, that may be in memory at once; at least one request is.
    public var bodyBytes = 512 << 20
    /// Bytes of a call list bundle.
    public var callListBytes = 8 << 20
    /// Devices in one room.
    public var membersPerRoom = 1_000
    /// Entries, or Welcomes, that one request gives back.
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
        func read<T: Decodable & Comparable & Numeric>(
            _ key: CodingKeys, _ value: inout T, _ allowed: ClosedRange<T>
        ) throws {
            guard let given = try container.decodeIfPresent(T.self, forKey: key) else { return }
            guard allowed.contains(given) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container,
                    debugDescription: "\(key.stringValue) must be \(allowed.lowerBound) to \(allowed.upperBound)")
            }
            value = given
        }
        try read(.entryBytes, &entryBytes, 1_024...64 << 20)
        try read(.requestBytes, &requestBytes, 16_384...256 << 20)
        try read(.bodyBytes, &bodyBytes, 1 << 20...64 << 30)
        try read(.callListBytes, &callListBytes, 16_384...CallListLimits.bundleBytes)
        try read(.membersPerRoom, &membersPerRoom, 2...CallListLimits.devices)
        try read(.entriesPerPage, &entriesPerPage, 1...10_000)
        try read(.keyPackagesPerDevice, &keyPackagesPerDevice, 1...1_000)
        try read(.keyPackageBytes, &keyPackageBytes, 1_024...1 << 20)
        try read(.openRoomsPerSensor, &openRoomsPerSensor, 1...1_000_000)
        try read(.streamsPerDevice, &streamsPerDevice, 1...1_000)
        try read(.streamBacklog, &streamBacklog, 1...100_000)
        try read(.requestsPerSecond, &requestsPerSecond, 0.001...1e6)
        try read(.requestBurst, &requestBurst, 1...1e9)
        try read(.sensorRoomsPerHour, &sensorRoomsPerHour, 0.001...1e6)
        try read(.sensorRoomBurst, &sensorRoomBurst, 1...1e9)
        try read(.openRequestsPerSecond, &openRequestsPerSecond, 0.001...1e6)
        try read(.openRequestBurst, &openRequestBurst, 1...1e9)
        try read(.databasePages, &databasePages, 0...Int(UInt32.max) - 1)
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case entryBytes, requestBytes, bodyBytes, callListBytes, membersPerRoom, entriesPerPage, keyPackagesPerDevice
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
