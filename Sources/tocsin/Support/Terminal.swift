import Foundation
import Sodium
import Terms

/// What is written where: data to standard output, messages to standard error; nobody is asked where nobody sits.
enum Terminal {
    static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    static var usesColour: Bool {
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"].map(\.isEmpty) ?? true
            && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// Data. Ends the process where nobody can take it: quietly if the reader went away, else as an error.
    static func show(_ text: String) {
        guard !write(text + "\n", to: STDOUT_FILENO) else { return }
        let reason = errno
        if reason != EPIPE { complain("cannot write: \(String(cString: strerror(reason)))", hint: nil) }
        exit(reason == EPIPE ? 0 : ExitStatus.ioError.rawValue)
    }

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

    /// Asks for a passphrase without showing it.
    /// - Throws: where nobody sits at a terminal.
    static func passphrase(_ prompt: String) throws -> SecretBytes {
        guard isInteractive else {
            throw CommandError(
                .notPermitted, "a passphrase is needed, and nobody is at a terminal to type it",
                hint: "--passphrase-file FILE, or TOCSIN_PASSPHRASE_FILE")
        }
        _ = write("\(prompt): ", to: STDERR_FILENO)
        let typed = try withoutEcho { try readSecretLine() }
        _ = write("\n", to: STDERR_FILENO)
        guard let typed else { exit(128 + SIGINT) }
        return typed
    }

    /// Without signals too: Ctrl-C comes as a character, so that the terminal is given back as it was.
    private static func withoutEcho<T>(_ body: () throws -> T) rethrows -> T {
        var shown = termios()
        tcgetattr(STDIN_FILENO, &shown)
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO | ISIG)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
        defer { tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown) }
        return try body()
    }

    /// One line, byte by byte, into a buffer that does not move; nil where Ctrl-C or Ctrl-\ was typed.
    private static func readSecretLine() throws -> SecretBytes? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(longestPassphrase)
        defer { wipe(&bytes) }
        var byte: UInt8 = 0
        while bytes.count < longestPassphrase, read(STDIN_FILENO, &byte, 1) == 1, byte != 0x0a {
            if byte == 0x03 || byte == 0x1c { return nil }
            bytes.append(byte)
        }
        return try SecretBytes(bytes, memory: .guarded)
    }

    private static let longestPassphrase = 4096

    /// A yes or no; no where nobody sits at a terminal.
    static func confirms(_ question: String) -> Bool {
        guard isInteractive else { return false }
        _ = write("\(question) [y/N] ", to: STDERR_FILENO)
        return readLine()?.lowercased().hasPrefix("y") ?? false
    }
}
