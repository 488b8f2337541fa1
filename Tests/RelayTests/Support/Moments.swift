import Escalation
import Platform
import Terms
import TestTeam

@testable import Relay

extension SettableClock {
    /// Where a relay of this test looks.
    var sources: RelayClock.Sources { RelayClock.Sources(wall: { self.now }, monotonic: { self.monotonic }) }
}

extension Moment {
    /// So many seconds after the test began.
    static func after(seconds: UInt64) -> Moment {
        let passed = Elapsed(seconds: seconds)
        return Moment(
            time: World.start.adding(seconds: seconds), passed: Readings(most: passed, least: passed),
            earliest: World.start.adding(seconds: seconds))
    }
}
