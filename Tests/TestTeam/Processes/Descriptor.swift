package import Foundation

/// An open file, closed with its last owner, and not handed to children unless asked for.
package final class Descriptor: Sendable {
    package let number: Int32

    package struct CannotOpen: Error {
        let what: String
    }

    package init(_ file: URL, _ flags: Int32) throws {
        number = open(file.path, flags | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw CannotOpen(what: "\(file.path): \(String(cString: strerror(errno)))") }
    }

    package init?(socket family: Int32) {
        number = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { return nil }
    }

    init(number: Int32) { self.number = number }

    deinit { close(number) }

    package static func pipe() throws -> (reading: Descriptor, writing: Descriptor) {
        var ends: [Int32] = [0, 0]
        // Swift does not see pipe2, which would mark both at once.
        try ChildProcess.withNoneStarting {
            guard Glibc.pipe(&ends) == 0 else { throw CannotOpen(what: "pipe") }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        }
        return (Descriptor(number: ends[0]), Descriptor(number: ends[1]))
    }

    /// What is there; empty at the end.
    package func read() -> Data {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(number, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            return Data(buffer.prefix(max(0, count)))
        }
    }

    package func write(_ data: Data) {
        _ = data.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
    }
}
