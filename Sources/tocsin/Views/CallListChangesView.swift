import CallList
import Foundation
import Terms

/// What a call list changes against the version before, part by part.
struct CallListChangesView: View {
    private let changes: CallListChanges
    private let list: CallList
    private let hidesFingerprints: Bool

    /// - Parameter hidesFingerprints: two groups of each new one, for whoever has to have heard them.
    init(_ changes: CallListChanges, of list: CallList, hidesFingerprints: Bool = false) {
        (self.changes, self.list, self.hidesFingerprints) = (changes, list, hidesFingerprints)
    }

    func lines(in style: Style) -> [String] {
        let after = list.previous == nil ? ", the first" : ", after \(list.version - 1)"
        return [
            "CALL LIST \(list.version)\(after), digest \(Spoken.grouped(list.digest))",
            "issued \(style.date(list.issued)), valid until \(style.date(list.expires)); "
                + "\(list.root.threshold) of \(list.root.officers.count) officers must sign",
        ] + CallListChanges.Part.allCases.flatMap(lines)
    }

    private func lines(_ part: CallListChanges.Part) -> [String] {
        let those = changes.changes.filter { $0.part == part }
        let words: [(mark: CallListChanges.Mark, word: String)] = [
            (.added, "added"), (.changed, "changed"), (.removed, "removed"),
        ]
        let counts = words.compactMap { kind in
            let count = those.count { $0.mark == kind.mark }
            return count == 0 ? nil : "\(count) \(kind.word)"
        }
        let head = part.rawValue.uppercased().padding(toLength: 9, withPad: " ", startingAt: 0)
        return [head + (counts.isEmpty ? "none changed" : counts.joined(separator: ", "))]
            + those.map { hidesFingerprints ? $0.maskedLine : $0.line }
    }

    private struct Change: Encodable {
        let part, mark, subject: String
        let words: [String]

        init(_ change: CallListChanges.Change) {
            (part, mark) = (change.part.rawValue, change.mark.rawValue)
            (subject, words) = (change.subject, change.words)
        }
    }

    private struct NewDevice: Encodable {
        let device, owner, fingerprint: String
    }

    private struct Fields: Encodable {
        let version: UInt64
        let digest: String
        let issued, expires: Date
        let changes: [Change]
        let newDevices: [NewDevice]
    }

    func encode(to encoder: any Encoder) throws {
        try Fields(
            version: list.version, digest: list.digest, issued: list.issued, expires: list.expires,
            changes: changes.changes.map(Change.init),
            newDevices: changes.newDevices.map {
                NewDevice(device: $0.device.description, owner: $0.owner, fingerprint: $0.fingerprint)
            }
        ).encode(to: encoder)
    }
}
