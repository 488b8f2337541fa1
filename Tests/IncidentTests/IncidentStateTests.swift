import Escalation
import Incident
import Terms
import Testing

@Suite struct IncidentStateTests {
    private let ada = Sample.device(1)
    private let ben = Sample.device(3)

    @Test func anIncidentFolds() throws {
        var log = Log()
        log.add(.incident(IncidentOpening(title: "Breach", page: nil, notice: nil)), by: ada)
        log.add(.note(Note(text: "a")), by: ben)
        log.add(.note(Note(text: "b")), by: ada)
        log.add(.file(Sample.file()), by: ben)
        log.add(.file(Sample.file()), by: ada)
        log.add(.incident(IncidentOpening(title: "Other", page: nil, notice: nil)), by: ben)
        log.add(.unknown(type: "x"), by: ben)
        let state = IncidentState(log.facts)
        #expect(state.opening?.title == "Breach")
        #expect(state.openedBy == ada)
        #expect(state.opened == Timestamp(milliseconds: 1000))
        #expect(state.notes == 2)
        #expect(state.files.map(\.author) == [ben, ada])
        #expect(state.files.map(\.seq) == [4, 5])
        #expect(state.lastActivity == Timestamp(milliseconds: 7000))
    }

    @Test func nothingIsNoIncident() {
        let state = IncidentState([LogFact]())
        #expect(state.opening == nil)
        #expect(state.lastActivity == nil)
    }

    @Test func theRelaysWordIsNoActivity() {
        var log = Log()
        log.add(.note(Note(text: "a")), by: ada)
        log.release(0, [0])
        log.say(.ack, by: ada)
        #expect(IncidentState(log.facts).lastActivity == Timestamp(milliseconds: 1000))
    }
}
