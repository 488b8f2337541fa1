import Foundation
import NIOCore

/// Where a connection comes from, as far as one party has it to itself: an IPv4 address, or the first half of an IPv6
/// address, because whoever has one of those has all that begin with it [R19].
enum ClientAddress: Hashable, Sendable {
    case v4(UInt32)
    case v6(UInt64)
    /// No IP address: nothing tells who it is.
    case other

    init(_ address: SocketAddress?) {
        switch address {
        case .v4(let address): self = .v4(UInt32(bigEndian: address.address.sin_addr.s_addr))
        case .v6(let address):
            self = withUnsafeBytes(of: address.address.sin6_addr) { Self(ipv6: Array($0)) }
        default: self = .other
        }
    }

    /// - Parameter bytes: 16 of them.
    private init(ipv6 bytes: [UInt8]) {
        func number(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        // An IPv4 address as a socket of both families has it: ::ffff:192.0.2.1.
        let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
        if Array(bytes.prefix(12)) == mapped {
            self = .v4(UInt32(truncatingIfNeeded: number(bytes[12...])))
        } else {
            self = .v6(number(bytes[..<8]))
        }
    }
}
