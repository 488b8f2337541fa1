import Foundation
import Sodium

/// What is written where: data to standard output, messages to standard error; nobody is asked where nobody sits.
enum Terminal {
    static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    static var usesColour: Bool {
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"].map(\.isEmpty) ?? true
            && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    }

    /// Data. Flushed, for whoever reads a pipe.
    static func show(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    static func ring() { FileHandle.standardError.write(Data([0x07])) }

    static func note(_ text: String) {
        FileHandle.standardError.write(Data("tocsin: \(Sanitised.line(text))\n".utf8))
    }

    static func complain(_ reason: String, hint: String?) {
        note(reason)
        if let hint { FileHandle.standardError.write(Data("hint: \(Sanitised.line(hint))\n".utf8)) }
    }

    /// Asks for a passphrase without showing it.
    /// - Throws: where nobody sits at a terminal.
    static func passphrase(_ prompt: String) throws -> SecretBytes {
        guard isInteractive else {
            throw FileError(
                reason: "a passphrase is needed, and nobody is at a terminal to type it",
                hint: "--passphrase-file FILE, or TOCSIN_PASSPHRASE_FILE", code: .notPermitted)
        }
        FileHandle.standardError.write(Data("\(prompt): ".utf8))
        let typed = withoutEcho { readSecretLine() }
        FileHandle.standardError.write(Data("\n".utf8))
        return typed
    }

    private static func withoutEcho<T>(_ body: () -> T) -> T {
        var shown = termios()
        tcgetattr(STDIN_FILENO, &shown)
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
        let result = body()
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown)
        return result
    }

    /// One line, byte by byte, so that nothing of it stays in a buffer.
    private static func readSecretLine() -> SecretBytes {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while read(STDIN_FILENO, &byte, 1) == 1, byte != 0x0a { bytes.append(byte) }
        let secret = SecretBytes(bytes, memory: .guarded)
        wipe(&bytes)
        return secret
    }

    /// A yes or no; no where nobody sits at a terminal.
    static func confirms(_ question: String) -> Bool {
        guard isInteractive else { return false }
        FileHandle.standardError.write(Data("\(question) [y/N] ".utf8))
        return readLine()?.lowercased().hasPrefix("y") ?? false
    }
}

/// Text from others, made safe to show: control characters, escape sequences and characters that turn the direction of
/// writing become visible instead of working.
enum Sanitised {
    static func line(_ text: String) -> String { clean(text, keepsLines: false) }
    static func block(_ text: String) -> String { clean(text, keepsLines: true) }

    private static func clean(_ text: String, keepsLines: Bool) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control where keepsLines && (scalar == "\n" || scalar == "\t"): result.append(scalar)
            case .control, .format, .surrogate, .privateUse, .lineSeparator, .paragraphSeparator:
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
