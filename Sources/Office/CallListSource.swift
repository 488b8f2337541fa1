public import CallList
import Foundation
import Sodium
public import Terms

/// The call list as people write it: YAML, reviewed, kept in git. Nothing in it is secret from the officers; nothing in it is
/// a private key.
public struct CallListSource: Sendable {
    struct DeviceEntry: Sendable {
        /// The enrolment request's file, relative to the source.
        let request: String
        let fingerprint: String
        /// The file of a sealing key that the device renewed since; nil where it has not.
        let sealing: String?
    }

    struct MemberEntry: Sendable {
        let id: MemberID
        let name: String
        let title: String?
        let roles: [Role]
        let clearance: TLP
        let contacts: [String: String]
        let devices: [DeviceEntry]
        let expires: Date?
    }

    struct SensorEntry: Sendable {
        let id: MemberID
        let name: String
        let device: DeviceEntry
        let policy: String
        let expires: Date?
    }

    let validityDays: Int
    /// Relay documents, relative to the source.
    let relays: [String]
    /// Officers' public documents, relative to the source: who can open the list, and so sign it and check the next.
    let officers: [String]
    let members: [MemberEntry]
    let sensors: [SensorEntry]
    let policies: [Policy]

    /// Reads a source.
    /// - Throws: `sourceRefused` with the line where it can be told, `notSupportedYet`, `limitExceeded`.
    public init(yaml text: String) throws(CallListError) {
        let root = try SourceNode.parse(text)
        try root.allow(
            ["validity_days", "relays", "officers", "members", "sensors", "policies"],
            later: ["schedules", "external", "compartments"])
        validityDays = try root.optional("validity_days")?.integer(in: 1...CallListLimits.validityDays) ?? 90
        relays = try root.required("relays").list().map { (node) throws(CallListError) in try node.line() }
        officers = try (root.optional("officers")?.list() ?? []).map { (node) throws(CallListError) in try node.line() }
        policies = try root.required("policies").entries().map { (entry) throws(CallListError) in
            try Self.policy(entry.key, entry.value)
        }
        members = try root.required("members").list().map { (node) throws(CallListError) in try Self.member(node) }
        sensors = try (root.optional("sensors")?.list() ?? []).map { (node) throws(CallListError) in
            try Self.sensor(node)
        }
        try checkReferences(root)
    }

    private static func member(_ node: SourceNode) throws(CallListError) -> MemberEntry {
        try node.allow(["id", "name", "title", "roles", "clearance", "contacts", "devices", "expires"], later: [])
        let contacts = try node.optional("contacts")?.entries() ?? []
        var contactMap: [String: String] = [:]
        for contact in contacts { contactMap[contact.key] = try contact.value.line() }
        return MemberEntry(
            id: try node.required("id").memberID(), name: try node.required("name").line(),
            title: try node.optional("title")?.line(),
            roles: try node.required("roles").list().map { (role) throws(CallListError) in try role.oneOf(Role.self) },
            clearance: try node.required("clearance").oneOf(TLP.self), contacts: contactMap,
            devices: try (node.optional("devices")?.list() ?? []).map { (device) throws(CallListError) in
                try Self.device(device)
            }, expires: try node.optional("expires")?.date())
    }

    private static func sensor(_ node: SourceNode) throws(CallListError) -> SensorEntry {
        try node.allow(["id", "name", "device", "policy", "expires"], later: ["dead_man"])
        return SensorEntry(
            id: try node.required("id").memberID(), name: try node.required("name").line(),
            device: try device(node.required("device")), policy: try node.required("policy").line(),
            expires: try node.optional("expires")?.date())
    }

    private static func device(_ node: SourceNode) throws(CallListError) -> DeviceEntry {
        try node.allow(["request", "fingerprint", "sealing"], later: [])
        return DeviceEntry(
            request: try node.required("request").line(), fingerprint: try node.required("fingerprint").line(),
            sealing: try node.optional("sealing")?.line())
    }

    private static func policy(_ id: String, _ node: SourceNode) throws(CallListError) -> Policy {
        try node.allow(["steps", "horizon", "close"], later: ["repeat", "page_again"])
        let steps = try node.required("steps").list()
        guard (1...CallListLimits.steps).contains(steps.count) else {
            throw node.refused("a policy has 1 to \(CallListLimits.steps) steps")
        }
        var resolved: [Policy.Step] = []
        for (index, step) in steps.enumerated() {
            try step.allow(["after", "targets", "need"], later: ["window", "schedule"])
            let after = try step.optional("after")?.seconds() ?? 0
            guard (index == 0) == (after == 0) else {
                throw step.refused(
                    index == 0 ? "the first step is released at once: leave `after` out" : "a later step needs `after`")
            }
            let targets = try step.required("targets").list().map { (target) throws(CallListError) in
                try target.memberID()
            }
            guard Set(targets).count == targets.count else {
                throw step.refused("a step names somebody twice, who would count as two")
            }
            let need = try step.optional("need")?.need() ?? .any
            if case .number(let number) = need, number > max(1, targets.count) {
                throw step.refused("this step needs \(number) people and calls \(targets.count)")
            }
            resolved.append(Policy.Step(after: after, targets: targets, need: need))
        }
        let horizon = try node.optional("horizon")?.seconds() ?? CallListLimits.horizonSeconds
        guard horizon > 0, horizon <= CallListLimits.horizonSeconds else {
            throw node.refused("a horizon is at most 72h")
        }
        return Policy(id: id, steps: resolved, horizon: horizon, close: try node.optional("close")?.close())
    }

    private func checkReferences(_ root: SourceNode) throws(CallListError) {
        guard relays.count >= 1, relays.count <= CallListLimits.relays else {
            throw root.refused("a call list names 1 to \(CallListLimits.relays) relays")
        }
        guard policies.count <= CallListLimits.policies else {
            throw root.refused("a call list has at most \(CallListLimits.policies) policies")
        }
        let ids = members.map(\.id) + sensors.map(\.id)
        guard Set(ids).count == ids.count else { throw root.refused("two members or sensors have one id") }
        let known = Set(members.map(\.id))
        for policy in policies {
            for target in policy.steps.flatMap(\.targets) where !known.contains(target) {
                throw root.refused("policy \(policy.id) names \(target), who is no member")
            }
        }
        for sensor in sensors where !policies.contains(where: { $0.id == sensor.policy }) {
            throw root.refused("sensor \(sensor.id) pages with policy \(sensor.policy), which is not there")
        }
    }
}
