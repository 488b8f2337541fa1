public import Foundation
public import Terms

// Here, and in every JSON request and answer: byte strings are base64 (Data's Codable form), times are milliseconds since
// 1970. The binary forms are in the TLS presentation language; each layout is in the comment above its type.

/// GET /v1/relay, without a session.
public struct RelayInfo: Codable, Sendable, Hashable {
    public struct Limits: Codable, Sendable, Hashable {
        public let entryBytes: Int
        public let requestBytes: Int
        public let membersPerRoom: Int
        public init(entryBytes: Int, requestBytes: Int, membersPerRoom: Int) {
            self.entryBytes = entryBytes
            self.requestBytes = requestBytes
            self.membersPerRoom = membersPerRoom
        }
    }
    /// Ed25519 public key, 32 bytes.
    public let identity: Data
    public let time: Timestamp
    public let callListVersion: UInt64
    public let limits: Limits
    public init(identity: Data, time: Timestamp, callListVersion: UInt64, limits: Limits) {
        self.identity = identity
        self.time = time
        self.callListVersion = callListVersion
        self.limits = limits
    }
}
