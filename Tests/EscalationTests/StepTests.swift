import Terms
import Testing

@testable import Escalation

@Suite struct StepTests {
    @Test("[R13] a call list's shifts are counted from the page's making; those that are over are left out")
    func counted() {
        let step = Step(
            delay: 60, need: 1,
            shifts: [
                Shift(from: 0, until: 1000, persons: [[x]]), Shift(from: 900, until: 1001, persons: [[y]]),
                Shift(from: 1500, persons: [[z]]),
            ])
        let counted = step.counted(from: Timestamp(milliseconds: 1_000_999))
        #expect(
            counted.shifts == [Shift(from: 0, until: 1, persons: [[y]]), Shift(from: 500, persons: [[z]])])
        #expect(counted.delay == 60 && counted.need == 1)
    }

    @Test("persons are each named once, in the order of the shifts")
    func persons() {
        let step = Step(
            delay: 0, need: 1, shifts: [Shift(persons: [[y], [x]]), Shift(from: 5, persons: [[x], [z]])])
        #expect(step.persons == [[y], [x], [z]])
        #expect(step.mapPersons { $0 == [x] ? nil : $0 }.persons == [[y], [z]])
        #expect(!step.callsNobody && step.mapPersons { _ in [] }.callsNobody)
    }

    @Test("[R11] lists that share a device are one person's, however they come; handles stand in the order of the plan")
    func handles() {
        let (a, b, c, d) = (device(1), device(2), device(3), device(4))
        let plan = Plan.of([(0, 1, [[a], [b], [c]]), (1, 1, [[d, c]]), (1, 1, [[c, a]])])
        #expect(plan.persons.count == 2)
        #expect([a, b, c, d].map { plan.person(of: $0)?.index } == [0, 1, 0, 0])
        #expect(Set(plan.devices(of: PersonHandle(index: 0))) == [a, c, d])
        #expect(plan.devices(of: PersonHandle(index: 9)).isEmpty)
    }

    @Test("spans and times add up to no more than there is room for")
    func saturation() {
        #expect(Elapsed(seconds: .max) == Elapsed(milliseconds: .max))
        #expect(Elapsed(milliseconds: .max - 1) + Elapsed(milliseconds: 5) == Elapsed(milliseconds: .max))
        let least = Readings.zero.passing(monotonic: .max, wall: -1, waiting: nil)
        #expect(least.most == Elapsed(milliseconds: .max) && least.least == least.most)
    }

    @Test("[R18] the least is what the monotonic clock says, the most what either says")
    func twoReadings() {
        func passing(_ monotonic: UInt64?, _ wall: Int64) -> Readings {
            Readings(most: Elapsed(milliseconds: 100), least: Elapsed(milliseconds: 90))
                .passing(monotonic: monotonic, wall: wall, waiting: Elapsed(milliseconds: 250))
        }
        #expect(passing(10, 10) == Readings(most: Elapsed(milliseconds: 110), least: Elapsed(milliseconds: 100)))
        #expect(passing(10, 50) == Readings(most: Elapsed(milliseconds: 150), least: Elapsed(milliseconds: 100)))
        #expect(passing(10, -50) == Readings(most: Elapsed(milliseconds: 110), least: Elapsed(milliseconds: 100)))
        #expect(passing(nil, 50) == Readings(most: Elapsed(milliseconds: 150), least: Elapsed(milliseconds: 90)))
        #expect(passing(nil, -1) == Readings(most: Elapsed(milliseconds: 250), least: Elapsed(milliseconds: 90)))
    }
}
