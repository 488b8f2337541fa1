import Escalation
import Incident
import Terms
import Testing

@Suite struct PageStateTests {
    private var log = Log()
    private let ada = Sample.device(1)
    private let adasPhone = Sample.device(2)
    private let ben = Sample.device(3)
    private let mira = Sample.device(4)
    private let siem = Sample.device(9)
    private var state: PageState { PageState(log.facts, of: Sample.room) }

    init() { log.add(.page(Sample.notice()), by: siem) }

    @Test func aPageIsRaised() {
        #expect(state.status == .open)
        #expect(state.notice == Sample.notice())
        #expect(state.author == siem)
        #expect(state.raised == Timestamp(milliseconds: 1000))
        #expect(state.steps.map(\.released) == [Timestamp(milliseconds: 1000), nil])
        #expect(state.unanswered(inStep: 0) == [[ada, adasPhone], [ben]])
        #expect(state.unanswered(inStep: 1).isEmpty)
        #expect(state.unanswered(inStep: 2).isEmpty)
        #expect(state.unanswered(inStep: -1).isEmpty)
    }

    @Test func nothingIsNoPage() {
        let state = PageState([LogFact](), of: Sample.room)
        #expect(state.status == .open)
        #expect(state.notice == nil)
        #expect(state.steps.isEmpty)
    }

    @Test mutating func theStepsNeedDecides() {
        log.add(.acknowledged, by: ada)
        #expect(state.status == .open)
        #expect(state.unanswered(inStep: 0) == [[ben]])
        log.add(.acknowledged, by: ben)
        #expect(state.status == .acknowledged)
        #expect(state.acknowledgements.map(\.device) == [ada, ben])
    }

    @Test mutating func twoDevicesOfOnePersonAreOnePerson() {
        log.add(.acknowledged, by: ada)
        log.add(.acknowledged, by: adasPhone)
        #expect(state.status == .open)
    }

    @Test mutating func theSameDeviceCountsOnce() {
        log.add(.acknowledged, by: ada)
        log.add(.acknowledged, by: ada)
        #expect(state.acknowledgements.count == 1)
        #expect(state.acknowledgements[0].time == Timestamp(milliseconds: 2000))
    }

    @Test mutating func anAcknowledgementOfNobodysStepCountsForNone() {
        log.add(.acknowledged, by: siem)
        log.add(.acknowledged, by: Sample.device(7))
        log.add(.acknowledged, by: nil)
        #expect(state.status == .open)
    }

    @Test("[R11] who is not called yet cannot stop the timers, not later either")
    mutating func onlyAReleasedStepCounts() {
        log.add(.acknowledged, by: mira)
        #expect(state.status == .open)
        log.add(.released(step: 2, manual: false))
        #expect(state.status == .open)
        #expect(state.unanswered(inStep: 1) == [[mira]])
        log.add(.acknowledged, by: mira)
        #expect(state.status == .acknowledged)
    }

    @Test mutating func unackTakesThePersonsAcknowledgementsAway() {
        log.add(.acknowledged, by: ada)
        log.add(.acknowledged, by: ben)
        log.add(.unacknowledged, by: adasPhone)
        #expect(state.status == .open)
        #expect(state.acknowledgements.map(\.device) == [ben])
        log.add(.unacknowledged, by: Sample.device(7))
        #expect(state.acknowledgements.map(\.device) == [ben])
        log.add(.acknowledged, by: ada)
        #expect(state.status == .acknowledged)
    }

    @Test mutating func releasesAreKeptOnceAndInRange() {
        log.add(.released(step: 2, manual: true))
        log.add(.released(step: 2, manual: false))
        #expect(state.steps[1].released == Timestamp(milliseconds: 2000))
        #expect(state.steps[1].manual)
        #expect(state.unanswered(inStep: 1) == [[mira]])
        let before = state
        for step in [0, 3, -1, 255, Int.min + 1, Int.max] { log.add(.released(step: step, manual: false)) }
        #expect(state.steps == before.steps)
    }

    @Test mutating func repeatsAreCountedAndTheFirstNoticeStays() {
        log.add(.pageRepeat(PageRepeat(title: "Fire", summary: "", severity: .high)), by: siem)
        log.add(.page(Sample.notice(title: "Other")), by: ben)
        #expect(state.repeats == 1)
        #expect(state.notice?.title == "Fire")
        #expect(state.author == siem)
    }

    @Test mutating func theFirstResolutionStays() {
        log.add(.resolve(Resolution(note: "out")), by: ben)
        log.add(.resolve(Resolution(note: "again")), by: ada)
        #expect(state.status == .resolved)
        #expect(state.ending == PageState([log.facts[0], log.facts[1]], of: Sample.room).ending)
        #expect(state.ending?.resolution.note == "out")
        #expect(state.ending?.author == ben)
    }

    /// [R10]: even if such an event were in the log, it would not change what a page says.
    @Test mutating func talkDoesNotChangeAPage() {
        let before = state
        log.add(.note(Note(text: "hello")), by: ben)
        log.add(.unknown(type: "x"), by: ben)
        #expect(state == before)
    }

    @Test(
        "[R11] no plan shows as acknowledged what nobody did; 0 needs all, and more than are there is never reached",
        arguments: [0, 1, 3, .max] as [UInt16])
    func nobodysAcknowledgementIsNone(_ need: UInt16) {
        var log = Log()
        let plan = [Step(delay: 0, need: need, persons: [[ada], [ben]])]
        log.add(.page(Sample.notice(plan: plan)), by: siem)
        #expect(PageState(log.facts, of: Sample.room).status == .open)
        log.add(.acknowledged, by: ada)
        #expect(PageState(log.facts, of: Sample.room).status == (need == 1 ? .acknowledged : .open))
    }

    @Test func aStepThatCallsNobodyIsNotAcknowledged() {
        var log = Log()
        log.add(.page(Sample.notice(plan: [Step(delay: 0, need: 0, persons: [])])), by: siem)
        #expect(PageState(log.facts, of: Sample.room).status == .open)
    }

    @Test mutating func theFoldIsTheSameForEverybody() {
        log.add(.acknowledged, by: ada)
        log.add(.released(step: 2, manual: false))
        log.add(.unacknowledged, by: ada)
        #expect(PageState(log.facts, of: Sample.room) == PageState(log.facts, of: Sample.room))
    }
}
