import CallList
import SQLite
import Testing

@testable import Relay

@Suite struct LaneTests {
    @Test func devicesWaitInTheirLane() throws {
        #expect(try DeviceKeys.generate(kind: .person).device.lane == .people)
        #expect(try DeviceKeys.generate(kind: .sensor).device.lane == .sensors)
    }
}
