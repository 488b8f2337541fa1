import Foundation
import SQLite
import Sodium
import Terms

/// Alarms: an open one for each room, cause and party, counted; closed ones stay.
extension VaultTransaction {
    /// Most bytes of an alarm's detail; what is cut is marked as cut.
    static let alarmDetailBytes = 2_000

    /// Keeps something that a person must hear of: a new alarm, or one more of an open one [R20].
    func raise(_ subject: AlarmSubject, _ detail: String, at now: Date) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        // Keyed: a plain hash would confirm a guess at what it is about.
        let tag = Data(cipher.indexTag([UInt8](try encoder.encode(subject)), purpose: "alarms"))
        let time = Int64(clamping: Timestamp(now).milliseconds)
        try connection.run(
            """
            UPDATE alarms SET count = count + 1, last = ?, changed = (SELECT max(changed) + 1 FROM alarms)
            WHERE subject = ? AND closed = 0
            """, [time, tag])
        guard connection.changeCount == 0 else { return }
        let content = AlarmContent(subject: subject, detail: Self.shortened(detail))
        try connection.run(
            """
            INSERT INTO alarms (subject, first, last, count, changed, closed, sealed)
            VALUES (?, ?, ?, 1, (SELECT coalesce(max(changed), 0) + 1 FROM alarms), 0, ?)
            """, [tag, time, time, try cipher.sealJSON(content, place: Self.place(tag))])
    }

    private static func place(_ tag: Data) -> String { "alarms/\(Hexadecimal.encode(tag))" }

    private struct AlarmContent: Codable {
        let subject: AlarmSubject
        let detail: String
    }

    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > alarmDetailBytes else { return text }
        return String(decoding: text.utf8.prefix(alarmDetailBytes), as: UTF8.self) + "…"
    }

    // MARK: Reading

    /// In the order they came.
    func alarms(closed: Bool) throws -> [Alarm] {
        try connection.rows(
            closed ? "SELECT * FROM alarms ORDER BY id" : "SELECT * FROM alarms WHERE closed = 0 ORDER BY id"
        ).map { try alarm($0) }
    }

    func alarm(_ number: Int) throws -> Alarm? {
        try connection.row("SELECT * FROM alarms WHERE id = ?", [Int64(number)]).map { try alarm($0) }
    }

    /// Open ones that are newer than `number`.
    func alarms(after number: Int) throws -> [Alarm] {
        try connection.rows("SELECT * FROM alarms WHERE id > ? AND closed = 0 ORDER BY id", [Int64(number)])
            .map { try alarm($0) }
    }

    /// The number of the last.
    func lastAlarm() throws -> Int { Int(try connection.number("SELECT max(id) FROM alarms") ?? 0) }

    /// Open ones that are new, or were counted up, since a change; and the last change.
    func alarms(changedAfter change: Int64) throws -> (alarms: [Alarm], last: Int64) {
        let rows = try connection.rows(
            "SELECT * FROM alarms WHERE changed > ? ORDER BY changed", [change])
        return (
            try rows.map { try alarm($0) }.filter { $0.closing == nil },
            try rows.last.map { try $0.integer("changed") } ?? change
        )
    }

    private func alarm(_ row: Row) throws -> Alarm {
        let number = try row.integer("id")
        let content = try cipher.openJSON(
            AlarmContent.self, row.data("sealed"), place: Self.place(row.data("subject")))
        let closing = try row.optional("sealed_closing", Row.data).map {
            try cipher.openJSON(AlarmClosing.self, $0, place: "alarms/\(number)/closing")
        }
        return Alarm(
            number: Int(number), subject: content.subject, detail: content.detail, first: try row.time("first"),
            last: try row.time("last"), count: try row.count("count"), closing: closing)
    }

    // MARK: Closing

    /// An alarm that is open.
    func close(alarm number: Int, _ closing: AlarmClosing) throws {
        try connection.run(
            """
            UPDATE alarms SET closed = 1, sealed_closing = ?, changed = (SELECT max(changed) + 1 FROM alarms)
            WHERE id = ? AND closed = 0
            """, [try cipher.sealJSON(closing, place: "alarms/\(number)/closing"), Int64(number)])
    }
}
