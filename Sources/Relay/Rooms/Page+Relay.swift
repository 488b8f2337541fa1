import CallList
import Escalation
import RelayAPI
import Terms

// What a relay asks of a page's escalation beside what Escalation itself answers.

extension Page {
    /// Steps that were released or skipped: those that later commits' joiners may be of at once.
    var passedSteps: Int { state.nextStep ?? plan.steps.count }

    /// Whether a member may see the room: somebody whom the plan calls once it has called them, anybody else with the step
    /// that their Welcome is for.
    func hasCalled(_ device: DeviceID, memberOf step: Int) -> Bool {
        guard let person = plan.person(of: device) else { return step <= max(1, passedSteps) }
        return state.isCalled(person)
    }

    /// Devices that the plan calls and that the call list has no more, or whose time is over: their acknowledgements are void
    /// from here on, and nobody is on call through them [R11].
    mutating func foldLost(under list: CallList, at now: Moment, readings: Readings) {
        for device in plan.persons.joined() where !state.out.contains(device) {
            let isListed = list.isInTime(device, at: now.earliest.date)
            if !isListed { fold(.out(device), at: readings) }
        }
    }

    /// When the next device that the plan calls reaches the end of its time.
    func nextExpiry(under list: CallList) -> Timestamp? {
        plan.persons.joined().filter { !state.out.contains($0) }.compactMap { list.device($0)?.expires }.min().map {
            Timestamp($0)
        }
    }
}

extension Refusal {
    /// As a relay says it.
    var problem: Problem {
        switch self {
        case .anotherRoom: .statementRefused("it is about another room")
        case .deviceIsOut: .statementRefused("its device is revoked or has expired")
        case .personsWord: .statementRefused("a sensor cannot say it")
        case .notCalled: .statementRefused("nobody with its device was called")
        case .sensorsWord: .statementRefused("only the sensor that paged can say it")
        case .gone, .ended: .roomClosed
        case .nothingToReopen: .statementRefused("the page has not ended, or at its horizon")
        case .countedBefore: .statementRefused("it was counted before")
        case .voidsNothing: .statementRefused("it takes back no acknowledgement that holds")
        case .notOfThePlan: .internalError
        }
    }
}
