public import Escalation
public import Foundation
public import Terms

/// What a person may be on the team. Terms of the design's users.
public enum Role: String, Codable, Sendable, Hashable, CaseIterable {
    case responder, analyst, lead, manager, legal, hr, communications, executive

    /// Whether somebody with this role may lead an incident room.
    public var isLeadCapable: Bool {
        switch self {
        case .responder, .analyst, .lead, .manager: true
        case .legal, .hr, .communications, .executive: false
        }
    }
}

/// A person on the call list.
public struct Member: Codable, Sendable, Hashable {
    public let id: MemberID
    public let name: String
    public let title: String?
    public let roles: [Role]
    /// Up to what this person may be told.
    public let clearance: TLP
    public let contacts: [String: String]
    public let devices: [DeviceID]
    /// When the membership ends by itself.
    public let expires: Date?

    public var isLeadCapable: Bool { roles.contains { $0.isLeadCapable } }

    public func isCleared(for level: TLP) -> Bool { clearance >= level }

    package init(
        id: MemberID, name: String, title: String?, roles: [Role], clearance: TLP, contacts: [String: String],
        devices: [DeviceID], expires: Date?
    ) {
        self.id = id
        self.name = name
        self.title = title
        self.roles = roles
        self.clearance = clearance
        self.contacts = contacts
        self.devices = devices
        self.expires = expires
    }
}

/// A tool on the call list.
public struct Sensor: Codable, Sendable, Hashable {
    public let id: MemberID
    public let name: String
    public let device: DeviceID
    /// The policy that it pages with.
    public let policy: String

    package init(id: MemberID, name: String, device: DeviceID, policy: String) {
        self.id = id
        self.name = name
        self.device = device
        self.policy = policy
    }
}

/// How many persons of a step must acknowledge.
public enum Need: Codable, Sendable, Hashable {
    case any
    case all
    case number(Int)

    /// As an escalation's step has it: 0 is all of them, and no number is held down to those who are there [R11].
    public var number: UInt16 {
        switch self {
        case .any: 1
        case .all: 0
        case .number(let number): UInt16(clamping: max(1, number))
        }
    }
}

/// An escalation policy: a step that is not acknowledged in time releases the next.
public struct Policy: Codable, Sendable, Hashable {
    public struct Step: Codable, Sendable, Hashable {
        /// Seconds after the release of the step before; 0 for the first.
        public let after: UInt32
        public let targets: [MemberID]
        public let need: Need

        package init(after: UInt32, targets: [MemberID], need: Need) {
            self.after = after
            self.targets = targets
            self.need = need
        }
    }
    public let id: String
    public let steps: [Step]
    /// Seconds after which the page ends at the latest.
    public let horizon: UInt32
    /// How many persons must agree that the page is over; nil: one, and two for a sensor's critical page [R12].
    public let close: UInt16?

    package init(id: String, steps: [Step], horizon: UInt32, close: UInt16? = nil) {
        self.id = id
        self.steps = steps
        self.horizon = horizon
        self.close = close
    }
}

/// The team's part of the call list: who everybody is. For persons' devices.
public struct TeamView: Codable, Sendable {
    public let members: [Member]
    public let sensors: [Sensor]
    public let policies: [Policy]

    public func member(_ id: MemberID) -> Member? { members.first { $0.id == id } }

    /// Whose device it is; nil for a sensor's and for an unknown one.
    public func member(of device: DeviceID) -> Member? { members.first { $0.devices.contains(device) } }

    public func sensor(of device: DeviceID) -> Sensor? { sensors.first { $0.device == device } }

    /// The name of whoever has that device; nil for an unknown one.
    public func displayName(of device: DeviceID) -> String? {
        member(of: device)?.name ?? sensor(of: device)?.name
    }

    public func policy(_ id: String) -> Policy? { policies.first { $0.id == id } }

    /// A policy's steps as devices, each person by theirs. Who has none is left out.
    /// - Parameter date: leaves out, too, whose membership has ended by then; nil for nobody.
    public func resolve(_ policy: Policy, at date: Date? = nil) -> [Step] {
        policy.steps.map { step in
            let persons = step.targets.compactMap { member($0) }
                .filter { !$0.devices.isEmpty && !$0.hasEnded(at: date) }
            return Step(delay: step.after, need: step.need.number, persons: persons.map(\.devices))
        }
    }

    package init(members: [Member], sensors: [Sensor], policies: [Policy]) {
        self.members = members
        self.sensors = sensors
        self.policies = policies
    }
}

extension Member {
    fileprivate func hasEnded(at date: Date?) -> Bool {
        guard let date, let expires else { return false }
        return expires <= date
    }
}

/// One sensor's part: whom it pages, as pseudonyms, and nothing else.
public struct SensorView: Codable, Sendable {
    /// The sensor's own name.
    public let name: String
    /// Their shifts are counted from 1970.
    public let steps: [Step]
    /// Up to what each step's persons may be told, in their order.
    public let clearances: [[TLP]]
    public let horizon: UInt32
    /// As ``Policy/close``.
    public let close: UInt16?

    /// Whether whoever has that device may be told so much; false for a device that the steps do not call.
    public func isCleared(_ device: DeviceID, for level: TLP) -> Bool {
        zip(steps, clearances).contains { step, clearances in
            zip(step.persons, clearances).contains { $0.contains(device) && $1 >= level }
        }
    }

    package init(name: String, steps: [Step], clearances: [[TLP]], horizon: UInt32, close: UInt16? = nil) {
        self.name = name
        self.steps = steps
        self.clearances = clearances
        self.horizon = horizon
        self.close = close
    }
}
