import Incident
import MLS
import RelayAPI
import Terms
import WireFormat

/// The room's rules, agreed by all members as an extension of the MLS GroupContext (DESIGN §4).
///
///     struct {
///         uint16 rules_version = 1; uint8 kind; opaque incident<V>; opaque compartment<V>; opaque home_relay<V>;
///         DeviceID leads<V>; DeviceID takers<V>; uint8 tlp_ceiling; uint32 retention_s; uint8 exercise;
///         uint64 calllist_version; opaque calllist_digest[32]; optional<Succession> succeeds;
///     } RoomPolicy;
struct RoomPolicy: Hashable, Sendable, WireCodable {
    /// From the private-use range (RFC 9420 §17.3).
    static let extensionType = ExtensionType(0xF70C)
    static let rulesVersion: UInt16 = 1

    /// Which call list leaves, roles and expiry are judged under [R1].
    struct Pin: Hashable, Sendable {
        let version: UInt64
        /// SHA-256 of the list's payload.
        let digest: [UInt8]
    }

    let kind: RoomKind
    /// What an incident room is called among its compartments: the first room's id. A page room's own id.
    let incident: [UInt8]
    let compartment: String
    let homeRelay: String
    /// The devices that may add people and change the rest of the policy [R6]: they are in the room. None in a page room.
    let leads: [DeviceID]
    /// Devices that took the lead where none was left [R6], in the order in which they did. They may do what leads may, but change
    /// who leads, and remove somebody listed by themselves alone.
    let takers: [DeviceID]
    let tlpCeiling: TLP
    /// Seconds that the relay keeps the log after the room closed.
    let retention: UInt32
    let exercise: Bool
    let pin: Pin
    /// The broken room in whose place it is [R8].
    let succeeds: Succession?

    init(
        kind: RoomKind, incident: [UInt8], compartment: String = "", homeRelay: String, leads: [DeviceID],
        takers: [DeviceID] = [], tlpCeiling: TLP, retention: UInt32, exercise: Bool, pin: Pin,
        succeeds: Succession? = nil
    ) {
        self.kind = kind
        self.incident = incident
        self.compartment = compartment
        self.homeRelay = homeRelay
        self.leads = leads
        self.takers = takers
        self.tlpCeiling = tlpCeiling
        self.retention = retention
        self.exercise = exercise
        self.pin = pin
        self.succeeds = succeeds
    }

    /// The same rules under a newer call list.
    func pinned(to pin: Pin) -> RoomPolicy { with(leads, takers, pin) }

    /// The same rules with other leads.
    func led(by leads: [DeviceID]) -> RoomPolicy { with(leads, takers, pin) }

    /// Whoever leaves the room leads it no more.
    func led(without removed: Set<DeviceID>) -> RoomPolicy {
        with(leads.filter { !removed.contains($0) }, takers.filter { !removed.contains($0) }, pin)
    }

    /// The same rules, with one more who took the lead.
    func taken(by device: DeviceID) -> RoomPolicy { with(leads, takers + [device], pin) }

    /// Whether a device leads, or took the lead.
    func isLed(by device: DeviceID) -> Bool { leads.contains(device) || takers.contains(device) }

    private func with(_ leads: [DeviceID], _ takers: [DeviceID], _ pin: Pin) -> RoomPolicy {
        RoomPolicy(
            kind: kind, incident: incident, compartment: compartment, homeRelay: homeRelay, leads: leads,
            takers: takers, tlpCeiling: tlpCeiling, retention: retention, exercise: exercise, pin: pin,
            succeeds: succeeds)
    }

    // MARK: As an extension

    /// What a group's extensions must hold: the policy, and that every member must support it.
    var extensions: [Extension] {
        [
            RequiredCapabilities(extensions: [Self.extensionType]).asExtension,
            Extension(Self.extensionType, data: encoded),
        ]
    }

    static let capabilities = Capabilities(extensions: [extensionType])

    /// - Throws: ``Rejection`` where the extensions hold no usable policy, or anything else.
    init(in extensions: [Extension]) throws(Rejection) {
        guard let found = extensions.first(of: Self.extensionType),
            let policy = try? RoomPolicy(decoding: found.data)
        else { throw Rejection("the room has no policy that this program understands") }
        guard extensions == policy.extensions else {
            throw Rejection("the room has extensions beside its policy")
        }
        self = policy
    }

    init(from reader: inout Reader) throws(WireError) {
        guard try reader.uint16("rules_version") == Self.rulesVersion else {
            throw WireError(.unknownValue, "rules_version")
        }
        guard let kind = RoomKind(rawValue: try reader.uint8("kind")) else { throw WireError(.unknownValue, "kind") }
        self.kind = kind
        incident = try reader.opaque("incident")
        compartment = try reader.text("compartment")
        homeRelay = try reader.text("home_relay")
        leads = try reader.identifiers("leads")
        takers = try reader.identifiers("takers")
        let ceiling = Int(try reader.uint8("tlp_ceiling"))
        guard TLP.allCases.indices.contains(ceiling) else { throw WireError(.unknownValue, "tlp_ceiling") }
        tlpCeiling = TLP.allCases[ceiling]
        retention = try reader.uint32("retention")
        exercise = try reader.isPresent("exercise")
        pin = Pin(version: try reader.uint64("calllist_version"), digest: try reader.fixed(32, "calllist_digest"))
        succeeds = try reader.optional(Succession.self, "succeeds")
    }

    func encode(to writer: inout Writer) {
        writer.uint16(Self.rulesVersion)
        writer.uint8(kind.rawValue)
        writer.opaque(incident)
        writer.opaque(Array(compartment.utf8))
        writer.opaque(Array(homeRelay.utf8))
        writer.identifiers(leads)
        writer.identifiers(takers)
        writer.uint8(UInt8(TLP.allCases.firstIndex(of: tlpCeiling) ?? 0))
        writer.uint32(retention)
        writer.uint8(exercise ? 1 : 0)
        writer.uint64(pin.version)
        writer.fixed(pin.digest)
        writer.optional(succeeds)
    }
}

extension Reader {
    fileprivate mutating func text(_ context: String) throws(WireError) -> String {
        guard let text = String(validating: try opaque(context), as: UTF8.self) else {
            throw WireError(.invalidValue, context)
        }
        return text
    }
}

/// Why a leaf, commit or message is not accepted: all honest members come to the same verdict from the same bytes [R1].
struct Rejection: Error, Hashable, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The pinned call list is not known here: not a verdict. The client pauses, fetches it, and goes on [R1].
struct MissingCallList: Error, Hashable {
    let pin: RoomPolicy.Pin
}
