import Foundation
import Terms

/// What is written where: data to standard output, messages to standard error. Who is asked something is asked by ``Prompt``.
enum Terminal {
    static var usesColour: Bool {
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"].map(\.isEmpty) ?? true
            && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// Whether single-cell symbols can be shown: else ASCII stands for them, as where they would be two cells wide.
    static var usesSymbols: Bool {
        let environment = ProcessInfo.processInfo.environment
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let locale = (value("LC_ALL") ?? value("LC_CTYPE") ?? value("LANG") ?? "").lowercased()
        return value("TOCSIN_ASCII") == nil && !["linux", "dumb"].contains(value("TERM") ?? "")
            && (locale.contains("utf-8") || locale.contains("utf8"))
            && !["zh", "ja", "ko"].contains { locale.hasPrefix($0) }
    }

    /// Data. Ends the process where nobody can take it: quietly if the reader went away, else as an error.
    static func show(_ text: String) {
        guard !write(text + "\n", to: STDOUT_FILENO) else { return }
        let reason = errno
        if reason != EPIPE { complain("cannot write: \(String(cString: strerror(reason)))", hint: nil) }
        exit(reason == EPIPE ? 0 : ExitStatus.ioError.rawValue)
    }

    /// Talk, several lines of it: what a person looks at before they answer, or what was done, where standard output has the
    /// data.
    static func tell(_ text: String) { _ = write(text + "\n", to: STDERR_FILENO) }

    /// For who sits there, whatever they did with the output.
    static func ring() {
        if isatty(STDERR_FILENO) == 1 { _ = write("\u{7}", to: STDERR_FILENO) }
    }

    static func note(_ text: String) { _ = write("tocsin: \(Sanitised.line(text))\n", to: STDERR_FILENO) }

    static func complain(_ reason: String, hint: String?) {
        note(reason)
        if let hint { _ = write("hint: \(Sanitised.line(hint))\n", to: STDERR_FILENO) }
    }

    /// All of it. Foundation's own would trap on a full disk or a closed pipe.
    static func write(_ text: String, to descriptor: Int32) -> Bool { write(Array(text.utf8), to: descriptor) }

    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
