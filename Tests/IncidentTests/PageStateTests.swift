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

    init() {
        log.add(.page(Sample.notice()), by: siem)
        log.release(0, [0, 1])
    }

    @Test func aPageIsRaised() {
        #expect(state.status == .open)
        #expect(state.notice == Sample.notice())
        #expect(state.author == siem)
        #expect(state.raised == Timestamp(milliseconds: 1000))
        #expect(state.steps.map(\.released) == [Timestamp(milliseconds: 2000), nil])
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
        log.say(.ack, by: ada)
        #expect(state.status == .open)
        #expect(state.unanswered(inStep: 0) == [[ben]])
        log.say(.ack, by: ben)
        #expect(state.status == .acknowledged)
        #expect(state.acknowledgements.map(\.device) == [ada, ben])
        #expect(state.acknowledgements.map(\.time) == [Timestamp(milliseconds: 3000), Timestamp(milliseconds: 4000)])
    }

    @Test mutating func twoDevicesOfOnePersonAreOnePerson() {
        log.say(.ack, by: ada)
        log.say(.ack, by: adasPhone)
        #expect(state.status == .open)
    }

    @Test mutating func theSameDeviceIsShownOnce() {
        log.say(.ack, by: ada)
        log.say(.ack, by: ada)
        #expect(state.acknowledgements.count == 1)
        #expect(state.acknowledgements[0].time == Timestamp(milliseconds: 3000))
    }

    @Test mutating func anAcknowledgementOfNobodysStepCountsForNone() {
        log.say(.ack, by: siem)
        log.say(.ack, by: Sample.device(7))
        log.say(.ack, by: ada, in: RoomID.random())
        #expect(state.status == .open && state.acknowledgements.isEmpty)
    }

    @Test("[R11] who is not called yet cannot stop the timers, not later either")
    mutating func onlyAReleasedStepCounts() {
        log.say(.ack, by: mira)
        #expect(state.status == .open)
        log.release(1, [2])
        #expect(state.status == .open)
        #expect(state.unanswered(inStep: 1) == [[mira]])
        log.say(.ack, by: mira)
        #expect(state.status == .acknowledged)
    }

    @Test("[R11] an unack takes back what it names, anybody's, and nothing else")
    mutating func unack() {
        let adas = log.say(.ack, by: ada)
        log.say(.ack, by: ben)
        log.say(.unack([adas]), by: ben)
        #expect(state.status == .open)
        #expect(state.acknowledgements.map(\.device) == [ben])
        log.say(.unack([StatementDigest(of: [1])]), by: ada)
        #expect(state.acknowledgements.map(\.device) == [ben])
        log.say(.ack, by: ada)
        #expect(state.status == .acknowledged)
    }

    @Test mutating func releasesAreKeptOnceAndInRange() {
        log.release(1, [2])
        #expect(state.steps[1].released == Timestamp(milliseconds: 3000))
        #expect(state.unanswered(inStep: 1) == [[mira]])
        let before = state
        for step in [2, -1, 255, Int.min, Int.max] { log.release(step, [2]) }
        log.release(1, [3])
        #expect(state.steps == before.steps)
        #expect(state.page?.state.called == before.page?.state.called)
    }

    @Test mutating func aStepThatNobodyIsOnCallForIsPassedOver() {
        log.write(.skipped(step: 1))
        #expect(state.steps.map(\.isSkipped) == [false, true])
    }

    @Test mutating func repeatsAreCountedAndTheFirstNoticeStays() {
        log.add(.pageRepeat(PageRepeat(title: "Fire", summary: "", severity: .high)), by: siem)
        log.add(.page(Sample.notice(title: "Other")), by: ben)
        #expect(state.repeats == 1)
        #expect(state.notice?.title == "Fire")
        #expect(state.author == siem)
    }

    @Test("[R12] where two must agree, one person's word is not seconded yet")
    mutating func seconded() {
        log = Log()
        log.add(.page(Sample.notice(plan: [Step(delay: 0, need: 1, persons: [[ada], [ben]])], close: 2)), by: siem)
        log.release(0, [0, 1])
        log.say(.resolved, by: ada)
        #expect(state.status == .notSeconded && state.agreed == [ada])
        #expect(state.acknowledgements.map(\.closes) == [true])
        log.say(.resolved, by: ben)
        log.write(.ended(.resolved))
        #expect(state.status == .resolved && state.agreed == [ada, ben])
        #expect(state.end?.how == .resolved && state.end?.time == Timestamp(milliseconds: 5000))
        log.say(.reopen, by: ben)
        #expect(state.status == .open && state.end == nil)
    }

    @Test(
        "[R12] a page that nobody had when its time was over says so",
        arguments: [
            (Ending.unseen, PageState.Status.unseen), (.horizon, .over), (.sensor, .resolved),
        ])
    func endings(_ how: Ending, _ status: PageState.Status) {
        var log = log
        log.write(.ended(how))
        #expect(PageState(log.facts, of: Sample.room).status == status)
    }

    @Test mutating func whatCameOfItIsKeptAndEndsNothing() {
        log.add(.resolve(Resolution(note: "out")), by: ben)
        log.add(.resolve(Resolution(note: "again")), by: ada)
        #expect(state.status == .open)
        #expect(state.notes.map(\.resolution.note) == ["out", "again"] && state.notes.map(\.author) == [ben, ada])
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
        log.release(0, [0, 1])
        #expect(PageState(log.facts, of: Sample.room).status == .open)
        log.say(.ack, by: ada)
        #expect(PageState(log.facts, of: Sample.room).status == (need == 1 ? .acknowledged : .open))
    }

    @Test func aStepThatCallsNobodyIsNotAcknowledged() {
        var log = Log()
        log.add(.page(Sample.notice(plan: [Step(delay: 0, need: 0, persons: [])])), by: siem)
        log.write(.skipped(step: 0))
        #expect(PageState(log.facts, of: Sample.room).status == .open)
    }
}
