import CallList

/// What a relay accepts: every number an operator can set, in `limits.json`. Anything left out keeps its default.
public struct RelayLimits: Codable, Sendable, Hashable {
    /// Bytes of one entry's payload.
    public var entryBytes = 256 << 10
    /// Bytes of one commit's payload: one that adds a thousand devices is the largest.
    public var commitBytes = 1 << 20
    /// Bytes of one request: a room's creation with its Welcomes is the largest.
    public var requestBytes = 16 << 20
    /// Bytes of devices' requests that may be in memory at once: of all together, and of one; at least one request is.
    public var bodyBytes = 512 << 20
    public var bodyBytesPerDevice = 32 << 20
    /// Bytes of requests for sessions that may be in memory at once; a quarter of it is for devices that are listed, and an address has
    /// a sixteenth.
    public var openBodyBytes = 4 << 20
    /// Bytes of answers that were not read yet: of all devices together, and of one.
    public var answerBytes = 256 << 20
    public var answerBytesPerDevice = 16 << 20
    /// Bytes of a call list bundle.
    public var callListBytes = 8 << 20
    /// Devices in one room.
    public var membersPerRoom = 1_000
    /// Commits that one device may make at once in one room, and seconds until it may make one more.
    public var commitBurst = 4
    public var commitSeconds = 10.0
    /// Entries, or Welcomes, that one request gives back.
    public var entriesPerPage = 500
    /// Key packages kept for one device.
    public var keyPackagesPerDevice = 100
    /// Key packages of one device that another gets at once, and seconds until it gets one more; beyond, the last resort.
    public var claimBurst = 30
    public var claimSeconds = 60.0
    /// Bytes of one key package.
    public var keyPackageBytes = 16 << 10
    /// Rooms that one sensor, and one person's device, may have open at once.
    public var openRoomsPerSensor = 100
    public var openRoomsPerPerson = 1_000
    /// Seconds that a room's log is kept after its end, at the most.
    public var retentionSeconds = 366 * 86_400
    /// Bytes that one device keeps on the disk: in all, in one incident room, and in one page.
    public var storedBytesPerDevice = 1 << 30
    public var roomBytesPerDevice = 256 << 20
    public var pageBytesPerDevice = 32 << 20
    /// Bytes of the disk that are kept for statements, timers, pages and call lists.
    public var reservedDiskBytes = 64 << 20
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
    /// Requests a second without a session from one address, and how many at once.
    public var openRequestsPerSecond = 50.0
    public var openRequestBurst = 500.0
    /// Connections in all; fewer where the process may not have so many descriptors.
    public var connections = 4_096
    /// Connections without a session from one address.
    public var connectionsPerAddress = 64
    /// Connections of one device.
    public var connectionsPerDevice = 32
    /// Connections a second that come from one address, and how many at once.
    public var connectsPerSecond = 50.0
    public var connectBurst = 500.0
    /// Seconds until a connection's first request has come, TLS included, and between requests without a session.
    public var firstRequestSeconds = 10
    /// Seconds between a device's requests. Longer than clients keep their connections.
    public var idleSeconds = 90
    /// Seconds for the next part of an answer to be read.
    public var unreadSeconds = 30
    /// Bytes a second that a body comes at, after as many seconds as the first request may take.
    public var receiveBytesPerSecond = 1_024
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
        try read(.bodyBytesPerDevice, &bodyBytesPerDevice, 16_384...64 << 30)
        try read(.openBodyBytes, &openBodyBytes, 1 << 20...1 << 30)
        try read(.answerBytes, &answerBytes, 1 << 20...64 << 30)
        try read(.answerBytesPerDevice, &answerBytesPerDevice, 1 << 20...64 << 30)
        try read(.callListBytes, &callListBytes, 16_384...CallListLimits.bundleBytes)
        try read(.membersPerRoom, &membersPerRoom, 2...CallListLimits.devices)
        try read(.commitBurst, &commitBurst, 1...1_000_000)
        try read(.commitSeconds, &commitSeconds, 0.001...86_400)
        try read(.claimBurst, &claimBurst, 1...1_000_000)
        try read(.claimSeconds, &claimSeconds, 0.001...86_400)
        try read(.entriesPerPage, &entriesPerPage, 1...10_000)
        try read(.keyPackagesPerDevice, &keyPackagesPerDevice, 1...1_000)
        try read(.keyPackageBytes, &keyPackageBytes, 1_024...1 << 20)
        try read(.commitBytes, &commitBytes, 4_096...64 << 20)
        try read(.openRoomsPerPerson, &openRoomsPerPerson, 1...1_000_000)
        try read(.retentionSeconds, &retentionSeconds, 1...Int(UInt32.max))
        try read(.storedBytesPerDevice, &storedBytesPerDevice, 4_096...1 << 50)
        try read(.roomBytesPerDevice, &roomBytesPerDevice, 4_096...1 << 50)
        try read(.pageBytesPerDevice, &pageBytesPerDevice, 4_096...1 << 50)
        try read(.reservedDiskBytes, &reservedDiskBytes, 1...1 << 50)
        try read(.openRoomsPerSensor, &openRoomsPerSensor, 1...1_000_000)
        try read(.streamsPerDevice, &streamsPerDevice, 1...1_000)
        try read(.streamBacklog, &streamBacklog, 1...100_000)
        try read(.requestsPerSecond, &requestsPerSecond, 0.001...1e6)
        try read(.requestBurst, &requestBurst, 1...1e9)
        try read(.sensorRoomsPerHour, &sensorRoomsPerHour, 0.001...1e6)
        try read(.sensorRoomBurst, &sensorRoomBurst, 1...1e9)
        try read(.openRequestsPerSecond, &openRequestsPerSecond, 0.001...1e6)
        try read(.openRequestBurst, &openRequestBurst, 1...1e9)
        try read(.connections, &connections, 8...1_000_000)
        try read(.connectionsPerAddress, &connectionsPerAddress, 1...1_000_000)
        try read(.connectionsPerDevice, &connectionsPerDevice, 2...1_000_000)
        try read(.connectsPerSecond, &connectsPerSecond, 0.001...1e6)
        try read(.connectBurst, &connectBurst, 1...1e9)
        try read(.firstRequestSeconds, &firstRequestSeconds, 1...3_600)
        try read(.idleSeconds, &idleSeconds, 1...86_400)
        try read(.unreadSeconds, &unreadSeconds, 1...3_600)
        try read(.receiveBytesPerSecond, &receiveBytesPerSecond, 1...1 << 30)
        try read(.databasePages, &databasePages, 0...Int(UInt32.max) - 1)
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case entryBytes, requestBytes, bodyBytes, bodyBytesPerDevice, openBodyBytes, answerBytes, answerBytesPerDevice
        case connections, connectionsPerAddress, connectionsPerDevice, connectsPerSecond, connectBurst
        case firstRequestSeconds, idleSeconds, unreadSeconds, receiveBytesPerSecond
        case commitBytes, openRoomsPerPerson, retentionSeconds, storedBytesPerDevice, roomBytesPerDevice
        case pageBytesPerDevice, reservedDiskBytes
        case callListBytes, membersPerRoom, commitBurst, commitSeconds, claimBurst, claimSeconds, entriesPerPage,
            keyPackagesPerDevice
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
