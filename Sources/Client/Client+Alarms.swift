import Terms

extension Client {
    /// What this device is not sure of, oldest first [R20].
    /// - Parameter closed: also those that were closed.
    public func alarms(closed: Bool = false) throws -> [Alarm] {
        try vault.read { try $0.alarms(closed: closed) }
    }

    /// - Throws: `unknownAlarm`.
    public func alarm(_ number: Int) throws -> Alarm {
        guard let alarm = try vault.read({ try $0.alarm(number) }) else { throw Self.unknown(alarm: number) }
        return alarm
    }

    /// Closes an alarm, for good: the same found again is another.
    /// - Parameter reason: why nothing more is to be done about it; it is kept with this device's name and the time.
    /// - Returns: the alarm, closed.
    /// - Throws: `inputRefused`, `unknownAlarm`, `alarmClosed`.
    @discardableResult
    public func close(alarm number: Int, reason: String) throws -> Alarm {
        let reason = reason.trimmed
        guard !reason.isEmpty, reason.utf8.count <= AlarmClosing.reasonBytes else {
            throw ClientError(
                .inputRefused, "the reason is \(reason.isEmpty ? "empty" : "too long")",
                hint: "say in at most \(AlarmClosing.reasonBytes) bytes what was found out")
        }
        let closing = AlarmClosing(reason: reason, by: device, at: own.time)
        return try vault.write { db in
            guard let alarm = try db.alarm(number) else { throw Self.unknown(alarm: number) }
            if let earlier = alarm.closing {
                throw ClientError(
                    .alarmClosed, "alarm \(number) was closed before: \(earlier.reason)",
                    hint: "see: tocsin alarms show \(number)")
            }
            try db.close(alarm: number, closing)
            return Alarm(
                number: alarm.number, subject: alarm.subject, detail: alarm.detail, first: alarm.first,
                last: alarm.last, count: alarm.count, closing: closing)
        }
    }

    private static func unknown(alarm number: Int) -> ClientError {
        ClientError(.unknownAlarm, "there is no alarm \(number) here", hint: "see: tocsin alarms --all")
    }
}

extension String {
    /// Without white space around it.
    fileprivate var trimmed: String {
        let rest = drop(while: \.isWhitespace)
        return String(rest.reversed().drop(while: \.isWhitespace).reversed())
    }
}
