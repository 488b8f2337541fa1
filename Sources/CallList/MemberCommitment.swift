import Sodium
import Terms

/// What the clear part says about whose a device is: a salted hash, so that a record can later open just its participants.
enum MemberCommitment {
    static let saltLength = 16
    static let length = SHA256.digestLength

    /// SHA-256 over label, salt, id, name, roles and clearance, each with its length.
    static func make(salt: [UInt8], id: MemberID, name: String, roles: [String], clearance: String) -> [UInt8] {
        var input = Array("tocsin member commitment v2\0".utf8) + salt
        for part in [id.text, name, roles.sorted().joined(separator: ","), clearance] {
            input += withUnsafeBytes(of: UInt32(part.utf8.count).bigEndian) { Array($0) } + Array(part.utf8)
        }
        return SHA256.hash(input)
    }
}

extension ViewKey {
    func commitment(to member: Member) -> [UInt8] {
        MemberCommitment.make(
            salt: salt(for: member.id), id: member.id, name: member.name, roles: member.roles.map(\.rawValue),
            clearance: member.clearance.rawValue)
    }

    /// A sensor reads nothing: it has no clearance.
    func commitment(to sensor: Sensor) -> [UInt8] {
        MemberCommitment.make(
            salt: salt(for: sensor.id), id: sensor.id, name: sensor.name, roles: ["sensor"], clearance: "")
    }
}
