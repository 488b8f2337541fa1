import Foundation
import Terms
import Testing

@Suite struct TimestampTests {
    @Test("a date goes to milliseconds and back")
    func date() {
        #expect(Timestamp(Date(timeIntervalSince1970: 1.5)).milliseconds == 1500)
        #expect(Timestamp(milliseconds: 1500).date == Date(timeIntervalSince1970: 1.5))
    }

    @Test(
        "what lies beyond what can be told is the nearest that can",
        arguments: [-1, 1e300, .infinity, -.infinity, .nan])
    func bounds(seconds: Double) {
        let time = Timestamp(Date(timeIntervalSince1970: seconds))
        #expect(time.milliseconds == (seconds > 0 ? UInt64.max : 0))
    }

    @Test("time ends where its number does")
    func adding() {
        #expect(Timestamp(milliseconds: 1).adding(seconds: 2).milliseconds == 2001)
        #expect(Timestamp(milliseconds: 1).adding(seconds: .max).milliseconds == .max)
        #expect(Timestamp(milliseconds: .max).adding(seconds: 1).milliseconds == .max)
    }
}
