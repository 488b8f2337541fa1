import Foundation

/// Where a relay is reached: `https://`, an IP literal or onion name, and a port. No other names, for the name
/// service is among what may be down or lie in a crisis; no path, as the relay has the whole of its address.
public enum RelayAddress {
    public static func isValid(_ text: String) -> Bool {
        guard text.hasPrefix("https://"), text.utf8.count <= CallListLimits.lineBytes else { return false }
        let place = text.dropFirst("https://".count)
        guard let colon = place.lastIndex(of: ":") else { return false }
        let (host, port) = (place[..<colon], place[place.index(after: colon)...])
        guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(port), number > 0 else {
            return false
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            return isLiteral(String(host.dropFirst().dropLast()), family: AF_INET6)
        }
        return isLiteral(String(host), family: AF_INET) || isOnion(host)
    }

    private static func isLiteral(_ host: String, family: Int32) -> Bool {
        var address = in6_addr()
        return !host.utf8.contains(0) && inet_pton(family, host, &address) == 1
    }

    /// Version 3: 56 digits of base32.
    private static func isOnion(_ host: Substring) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[1] == "onion" && parts[0].utf8.count == 56
            && parts[0].utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x32...0x37).contains($0) }
    }
}
