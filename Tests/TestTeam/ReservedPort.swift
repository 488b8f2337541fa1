import Foundation

/// A TCP port on loopback that is this owner's until it goes, whether or not somebody listens on it just now.
///
/// A port that was only free a moment ago is soon another's: each connection that goes out takes one from the same range.
/// So this takes one below that range, and keeps other tests off it, in this process and in others, by an abstract socket
/// of that name; the system takes it back with the process.
package final class ReservedPort: Sendable {
    package let number: Int
    private let reservation: Descriptor

    package struct NoneLeft: Error {}

    package init() throws {
        // 32768 is where the ports of outgoing connections begin, unless the system was set up otherwise.
        for candidate in (20_000..<32_768).shuffled() {
            guard let reservation = Self.reserve(candidate), Self.isFree(candidate) else { continue }
            (number, self.reservation) = (candidate, reservation)
            return
        }
        throw NoneLeft()
    }

    private static func reserve(_ port: Int) -> Descriptor? {
        guard let descriptor = Descriptor(socket: AF_UNIX) else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // A leading zero makes it a name without a file.
        let name = [0] + Array("tocsin-test-port-\(port)".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        return bind(descriptor, &address, length) ? descriptor : nil
    }

    /// Whether no program that knows nothing of these tests has it.
    private static func isFree(_ port: Int) -> Bool {
        guard let descriptor = Descriptor(socket: AF_INET) else { return false }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return bind(descriptor, &address, socklen_t(MemoryLayout<sockaddr_in>.size))
    }

    private static func bind<Address>(_ descriptor: Descriptor, _ address: inout Address, _ length: socklen_t) -> Bool {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor.number, $0, length) == 0
            }
        }
    }
}
