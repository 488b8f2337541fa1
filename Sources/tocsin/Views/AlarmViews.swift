import Client
import Terms

/// An alarm in a list: one line.
struct AlarmView: View {
    private let alarm: Alarm
    private let words: AlarmWords
    private let client: Client

    /// - Parameter client: knows the names.
    init(_ alarm: Alarm, _ client: Client) {
        (self.alarm, words, self.client) = (alarm, AlarmWords(alarm, client), client)
    }

    func lines(in style: Style) -> [String] {
        let (first, last) = (style.time(alarm.first), style.time(alarm.last))
        let times = alarm.count == 1 ? "\(first), once" : "\(first) to \(last), \(alarm.count) times"
        let line = "\(style.alarmMark) ALARM \(alarm.number)  \(words.what) (\(times))"
        guard let closing = alarm.closing else { return [style.paint(line, "1;31")] }
        let name = Sanitised.line(client.displayName(of: closing.by))
        return [
            "\(line), closed \(style.time(closing.at)) by \(name): \(Sanitised.line(closing.reason))"
        ]
    }

    private struct Fields: Encodable {
        let number: Int
        let cause, what, detail: String
        let room, device, relay, by: String?
        let firstMs, lastMs: UInt64
        let count: Int
        let closed: Bool
        let reason, closedBy: String?
        let closedMs: UInt64?
    }

    func encode(to encoder: any Encoder) throws {
        let subject = alarm.subject
        let (device, relay): (DeviceID?, String?) =
            switch subject.party {
            case .device(let device): (device, nil)
            case .relay(let relay): (nil, relay)
            case nil: (nil, nil)
            }
        try Fields(
            number: alarm.number, cause: subject.cause.word, what: words.what, detail: alarm.detail,
            room: subject.room?.description, device: device?.description, relay: relay,
            by: device.map { client.displayName(of: $0) } ?? relay, firstMs: alarm.first.milliseconds,
            lastMs: alarm.last.milliseconds, count: alarm.count, closed: alarm.closing != nil,
            reason: alarm.closing?.reason, closedBy: alarm.closing.map { client.displayName(of: $0.by) },
            closedMs: alarm.closing?.at.milliseconds
        ).encode(to: encoder)
    }
}

/// All alarms that were asked for.
struct AlarmListView: View {
    private let alarms: [AlarmView]

    init(_ alarms: [Alarm], _ client: Client) { self.alarms = alarms.map { AlarmView($0, client) } }

    func lines(in style: Style) -> [String] { alarms.flatMap { $0.lines(in: style) } }

    private struct Fields: Encodable {
        let schema = "tocsin.alarms/1"
        let alarms: [AlarmView]
    }

    func encode(to encoder: any Encoder) throws { try Fields(alarms: alarms).encode(to: encoder) }
}

/// That there are open alarms, before what else is listed: a few lines, and how many more there are.
struct AlarmsPart: View {
    static let most = 3

    private let alarms: [AlarmView]

    init(_ alarms: [Alarm], _ client: Client) { self.alarms = alarms.map { AlarmView($0, client) } }

    func lines(in style: Style) -> [String] {
        guard !alarms.isEmpty else { return [] }
        let shown = alarms.suffix(Self.most).flatMap { $0.lines(in: style) }
        let earlier = alarms.count - Self.most
        return ["ALARMS   \(alarms.count)"] + (earlier > 0 ? ["\(earlier) more: tocsin alarms"] : []) + shown + [""]
    }

    func encode(to encoder: any Encoder) throws { try alarms.encode(to: encoder) }
}

/// All about one alarm, in the order in which a person asks.
struct AlarmDetailView: View {
    private let alarm: Alarm
    private let words: AlarmWords
    private let client: Client

    init(_ alarm: Alarm, _ client: Client) {
        (self.alarm, words, self.client) = (alarm, AlarmWords(alarm, client), client)
    }

    func lines(in style: Style) -> [String] {
        let often =
            alarm.count == 1 ? ", once" : ", \(alarm.count) times, the last \(style.time(alarm.last))"
        var lines = [style.paint("\(style.alarmMark) ALARM \(alarm.number)  \(words.what)", "1;31")]
        lines += Prose.lines("since", style.time(alarm.first) + often)
        lines += Prose.lines("what", Sanitised.line(alarm.detail))
        lines += Prose.lines("means", words.means) + Prose.lines("do", words.advice)
        guard let closing = alarm.closing else {
            return lines + Prose.lines("close", "tocsin alarms close \(alarm.number) --reason TEXT")
        }
        let name = Sanitised.line(client.displayName(of: closing.by))
        return lines
            + Prose.lines("closed", "\(style.time(closing.at)) by \(name): \(Sanitised.line(closing.reason))")
    }

    func encode(to encoder: any Encoder) throws { try AlarmView(alarm, client).encode(to: encoder) }
}

/// Text beside a label: the label 9 wide, lines of at most 80 characters.
enum Prose {
    static func lines(_ label: String, _ text: String) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > 71 {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " \(word)"
        }
        lines.append(line)
        return lines.enumerated().map { index, line in
            (index == 0 ? label : "").padding(to: 9) + line
        }
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
