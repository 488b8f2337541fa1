import Foundation
import Sodium
import Terms

/// Asks the person at the terminal that this process belongs to, whatever standard input and output are: what is piped in is
/// never taken for an answer, and what is typed as an answer is never taken for text.
struct Prompt {
    private let terminal: Int32

    /// - Throws: `notPermitted`, with `hint`, where nobody sits at a terminal.
    static func open<T>(orElse hint: String, _ body: (Prompt) throws -> T) throws -> T {
        let terminal = Glibc.open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else {
            throw CommandError(.notPermitted, "nobody is at a terminal to be asked", hint: hint)
        }
        defer { close(terminal) }
        return try body(Prompt(terminal: terminal))
    }

    /// Asks for a passphrase without showing it.
    /// - Parameter what: what it opens, and whose.
    func passphrase(_ what: String) throws -> SecretBytes {
        var bytes: [UInt8] = []
        // Into a buffer that does not move.
        bytes.reserveCapacity(Self.longestAnswer)
        defer { wipe(&bytes) }
        withoutEcho {
            _ = Terminal.write("\(Sanitised.line(what)): ", to: terminal)
            defer { _ = Terminal.write("\n", to: terminal) }
            readLine(into: &bytes)
        }
        guard !bytes.isEmpty else { throw CommandError(.notPermitted, "no passphrase was typed") }
        return try SecretBytes(bytes, memory: .guarded)
    }

    /// A yes or no; no where nothing is answered.
    func confirms(_ question: String) -> Bool {
        _ = Terminal.write("\(question) [y/N] ", to: terminal)
        var bytes: [UInt8] = []
        readLine(into: &bytes)
        return bytes.first == UInt8(ascii: "y") || bytes.first == UInt8(ascii: "Y")
    }

    /// A line of text; empty where nothing is answered.
    func answer(_ question: String) -> String {
        _ = Terminal.write("\(Sanitised.line(question)): ", to: terminal)
        var bytes: [UInt8] = []
        readLine(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let longestAnswer = 4096

    /// One line, byte by byte, up to its end or to that of the terminal.
    private func readLine(into bytes: inout [UInt8]) {
        var byte: UInt8 = 0
        while bytes.count < Self.longestAnswer {
            let count = read(terminal, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1, byte != 0x0a, byte != 0x0d else { return }
            bytes.append(byte)
        }
    }

    /// A signal, Ctrl-C too, gives the terminal back before it ends the process. Ctrl-Z does nothing meanwhile: whoever came
    /// back to a stopped prompt would see what they type.
    private func withoutEcho(_ body: () -> Void) {
        var shown = termios()
        guard tcgetattr(terminal, &shown) == 0 else { return body() }
        terminalAsItWas = (terminal, shown)
        let ending = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]
        for number in ending { signal(number, giveTerminalBack) }
        signal(SIGTSTP, SIG_IGN)
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(terminal, TCSAFLUSH, &hidden)
        defer {
            tcsetattr(terminal, TCSAFLUSH, &shown)
            for number in ending + [SIGTSTP] { signal(number, SIG_DFL) }
        }
        body()
    }
}

/// For the signal handler alone: written before that is set, and while nothing else runs.
private nonisolated(unsafe) var terminalAsItWas: (descriptor: Int32, state: termios) = (-1, termios())

/// Calls only what a signal handler may: tcsetattr, signal, raise.
private func giveTerminalBack(_ number: Int32) {
    tcsetattr(terminalAsItWas.descriptor, TCSANOW, &terminalAsItWas.state)
    signal(number, SIG_DFL)
    raise(number)
}
