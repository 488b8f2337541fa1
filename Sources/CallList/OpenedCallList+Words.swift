import Foundation
import Sodium
import Terms

extension OpenedCallList {
    /// All of a part.
    func described(_ part: CallListChanges.Part) -> [Described] {
        switch part {
        case .people: team.members.map(describe)
        case .devices: devicesByOwner.map(describe)
        case .sensors: team.sensors.map(describe)
        case .policies: team.policies.map(describe)
        case .relays: list.relays.enumerated().map { describe($1, place: $0 + 1) }
        case .officers: [describe(list.root)] + list.root.officers.map(describe)
        }
    }

    /// Those of one person together.
    var devicesByOwner: [Device] {
        list.devices.map { (owner(of: $0.id), $0) }.sorted { ($0.0, $0.1.id) < ($1.0, $1.1.id) }.map(\.1)
    }

    /// What a device's fingerprint is called among the facts of it.
    static let fingerprintName = "fingerprint"

    private func describe(_ member: Member) -> Described {
        Described(
            member.id.text, named(member.id),
            [
                ("name", Spoken.quoted(member.name)), ("title", member.title.map(Spoken.quoted)),
                ("roles", member.roles.map(\.rawValue).joined(separator: ", ")),
                ("up to", "TLP:\(member.clearance.rawValue)"), ("until", member.expires.map(Documents.timestamp)),
            ]
                + member.contacts.sorted { $0.key < $1.key }.map { contact -> (String, String?) in
                    ("contact \(Spoken.quoted(contact.key))", Spoken.quoted(contact.value))
                })
    }

    private func describe(_ device: Device) -> Described {
        Described(
            device.id.description, "device \(device.id.short) of \(owner(of: device.id))",
            [
                ("owner", owner(of: device.id)), ("kind", device.kind.rawValue),
                (Self.fingerprintName, device.fingerprint), ("until", Documents.timestamp(device.expires)),
                ("sealing key", words(device.sealing)),
            ])
    }

    private func words(_ sealing: SealingKey) -> String {
        "\(sealing.short) of \(Documents.timestamp(sealing.created))"
    }

    private func describe(_ sensor: Sensor) -> Described {
        Described(
            sensor.id.text, named(sensor.id),
            [
                ("name", Spoken.quoted(sensor.name)), ("device", sensor.device.short),
                ("pages with policy", Spoken.quoted(sensor.policy)),
            ])
    }

    private func describe(_ policy: Policy) -> Described {
        Described(
            policy.id, "policy \(Spoken.quoted(policy.id))",
            policy.steps.enumerated().map { index, step -> (String, String?) in ("step \(index + 1)", words(step)) } + [
                ("ends after", Self.duration(policy.horizon)),
                ("is over when this many agree", policy.close.map { String($0) }),
            ])
    }

    private func words(_ step: Policy.Step) -> String {
        let targets = step.targets.isEmpty ? "nobody" : step.targets.map(named).joined(separator: ", ")
        let need =
            switch step.need {
            case .any: "one must acknowledge"
            case .all: "all must acknowledge"
            case .number(let number): "\(number) must acknowledge"
            }
        return (step.after == 0 ? "at once" : "after \(Self.duration(step.after))") + " \(targets), \(need)"
    }

    /// - Parameter place: new rooms are made at the first.
    private func describe(_ relay: RelayRecord, place: Int) -> Described {
        Described(
            relay.id, "relay \(Spoken.quoted(relay.id))",
            [
                ("addresses", relay.addresses.joined(separator: ", ")), ("identity key", Self.hash(relay.identity)),
                ("certificate", Self.hash(relay.tlsCertificate)), ("place", String(place)),
            ])
    }

    private func describe(_ root: TrustedRoot) -> Described {
        Described(
            "root", "root",
            [
                ("version", String(root.version)), ("digest", Spoken.grouped(root.digest)),
                ("officers who must sign", "\(root.threshold) of \(root.officers.count)"),
            ])
    }

    private func describe(_ officer: Ed25519.PublicKey) -> Described {
        let sealing = list.officers.first { $0.key == officer }?.sealing
        return Described(
            Hexadecimal.encode(officer.bytes), "officer \(Officer.fingerprint(of: officer))",
            [("sealing key", sealing.map(words) ?? "none, so cannot check the next list")])
    }

    /// 128 bits of SHA-256, grouped.
    private static func hash(_ data: Data) -> String {
        Spoken.grouped(String(Hexadecimal.encode(SHA256.hash([UInt8](data))).prefix(32)))
    }

    /// Exact, in the largest unit that is.
    private static func duration(_ seconds: UInt32) -> String {
        if seconds % 3600 == 0 { return "\(seconds / 3600) h" }
        return seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds) s"
    }
}
