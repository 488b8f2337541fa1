import Foundation

/// Where a relay listens: an IP address and a port. Never a name: what answers for names is among what may be down, or
/// lie, when the relay is needed.
public struct ListenAddress: Sendable, Hashable {
    /// Without brackets.
    public let host: String
    /// 0 for any free one.
    public let port: Int

    /// - Parameter text: such as 127.0.0.1:8443 or [::1]:8443; nil for anything else.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let (place, digits) = (text[..<colon], text[text.index(after: colon)...])
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else { return nil }
        let isBracketed = place.hasPrefix("[") && place.hasSuffix("]")
        let host = isBracketed ? String(place.dropFirst().dropLast()) : String(place)
        var address = in6_addr()
        guard !host.utf8.contains(0), inet_pton(isBracketed ? AF_INET6 : AF_INET, host, &address) == 1 else {
            return nil
        }
        self.host = host
        self.port = Int(port)
    }
}
