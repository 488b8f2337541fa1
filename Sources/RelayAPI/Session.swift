public import Foundation
public import Terms

/// GET /v1/challenge: stateless, valid for 60 seconds.
public struct Challenge: Codable, Sendable, Hashable {
    public let challenge: Data
    public init(challenge: Data) { self.challenge = challenge }
}

/// POST /v1/session. `signature` is by the device's session key over ``signedContent(challenge:relay:device:)``.
public struct SessionRequest: Codable, Sendable, Hashable {
    public let device: DeviceID
    public let challenge: Data
    public let signature: Data
    public init(device: DeviceID, challenge: Data, signature: Data) {
        self.device = device
        self.challenge = challenge
        self.signature = signature
    }

    /// Names the relay, so that one relay cannot pass another's challenge on.
    public static func signedContent(challenge: [UInt8], relay identity: [UInt8], device: DeviceID) -> [UInt8] {
        Array("tocsin session v1\0".utf8) + identity + device.bytes + challenge
    }
}

public struct SessionAnswer: Codable, Sendable, Hashable {
    /// To be sent as `Authorization: Bearer …`.
    public let token: String
    public let expires: Timestamp
    /// The relay's clock.
    public let time: Timestamp
    public init(token: String, expires: Timestamp, time: Timestamp) {
        self.token = token
        self.expires = expires
        self.time = time
    }
}
