public import Terms

/// What a call list changes against the version before it, in words: all of it [R17]. For the officers who sign it, for whoever
/// compares two files, and for members who are told.
public struct CallListChanges: Sendable, Hashable {
    public enum Part: String, Sendable, Hashable, CaseIterable {
        case people, devices, sensors, policies, relays, officers
    }

    public enum Mark: String, Sendable, Hashable {
        case added = "+"
        case changed = "~"
        case removed = "-"
    }

    public struct Change: Sendable, Hashable {
        public let part: Part
        public let mark: Mark
        /// Who or what it is.
        public let subject: String
        /// What is so now, and for what changed what was so before.
        public let words: [String]

        /// One line. What others wrote is quoted in it: see ``Spoken/quoted(_:)``.
        public var line: String { line(words) }

        /// The same without two groups of a new device's fingerprint, which whoever signs has to have heard.
        public var maskedLine: String {
            guard part == .devices, mark == .added else { return line }
            return line(
                words.map { word in
                    guard word.hasPrefix(Self.fingerprint) else { return word }
                    return Self.fingerprint + Fingerprint.masked(String(word.dropFirst(Self.fingerprint.count)))
                })
        }

        private static let fingerprint = "\(OpenedCallList.fingerprintName) "

        private func line(_ words: [String]) -> String {
            "\(mark.rawValue) \(subject)" + (words.isEmpty ? "" : ": ") + words.joined(separator: "; ")
        }
    }

    /// A device that was not on the version before: somebody must have heard its fingerprint.
    public struct NewDevice: Sendable, Hashable, HasFingerprint {
        public let device: DeviceID
        public let owner: String
        public let fingerprint: String
    }

    /// By part, in the order of ``Part``.
    public let changes: [Change]
    public let newDevices: [NewDevice]

    /// - Parameter before: nil for a first list: then all of it is new.
    public init(from before: OpenedCallList?, to after: OpenedCallList) {
        changes = Part.allCases.flatMap { part in
            Self.compare(before?.described(part) ?? [], after.described(part), part)
        }
        newDevices = after.devicesByOwner.filter { before?.list.device($0.id) == nil }.map { device in
            NewDevice(device: device.id, owner: after.owner(of: device.id), fingerprint: device.fingerprint)
        }
    }

    private static func compare(_ before: [Described], _ after: [Described], _ part: Part) -> [Change] {
        // Looked up: a list has up to ten thousand devices.
        let known = Dictionary(before.map { ($0.id, $0) }) { first, _ in first }
        let kept = Set(after.map(\.id))
        var changes: [Change] = []
        for item in after {
            guard let old = known[item.id] else {
                changes.append(
                    Change(
                        part: part, mark: .added, subject: item.subject,
                        words: item.facts.filter { $0.value != nil }.map { "\($0.name) \($0.value ?? "")" }))
                continue
            }
            let words = differences(old, item)
            if !words.isEmpty {
                changes.append(Change(part: part, mark: .changed, subject: item.subject, words: words))
            }
        }
        for item in before where !kept.contains(item.id) {
            changes.append(Change(part: part, mark: .removed, subject: item.subject, words: []))
        }
        return changes
    }

    private static func differences(_ before: Described, _ after: Described) -> [String] {
        let known = before.facts.reduce(into: [String: String]()) { $0[$1.name] = $1.value }
        let kept = Set(after.facts.map(\.name))
        var words: [String] = []
        for fact in after.facts {
            let old = known[fact.name]
            if old != fact.value { words.append("\(fact.name) \(old ?? "none") → \(fact.value ?? "none")") }
        }
        for fact in before.facts where !kept.contains(fact.name) {
            if let old = fact.value { words.append("\(fact.name) \(old) → none") }
        }
        return words
    }
}

/// Somebody or something of a call list, with every fact that the list holds of it. All of it but the id is in words: what stands in
/// a document is quoted before it comes here.
struct Described {
    struct Fact {
        let name: String
        /// Nil: there is none.
        let value: String?
    }

    /// What it is recognised by in another version.
    let id: String
    let subject: String
    let facts: [Fact]

    init(_ id: String, _ subject: String, _ facts: [(String, String?)]) {
        (self.id, self.subject) = (id, subject)
        self.facts = facts.map { Fact(name: $0.0, value: $0.1) }
    }
}
