import CallList
import Foundation
import RelayAPI
import Sodium
import Terms

/// Challenges and session tokens, both stateless: MACs under keys that only this relay has, so that any request can be
/// checked without a look at the database. Keys live as long as the process; a restart asks clients for a new session.
struct Sessions: Sendable {
    /// Seconds.
    static let challengeLifetime: UInt64 = 60
    static let tokenLifetime: UInt64 = 15 * 60

    private let challengeKey: SecretBytes
    private let tokenKey: SecretBytes
    /// Names the token key, so that a rotated one is told apart from a forged token.
    private let tokenKeyID = randomBytes(count: 4)
    private let identity: Ed25519.PublicKey

    /// - Throws: `outOfMemory` where no guarded memory is left.
    init(identity: Ed25519.PublicKey) throws(SodiumError) {
        challengeKey = try .random(count: 32, memory: .guarded)
        tokenKey = try .random(count: 32, memory: .guarded)
        self.identity = identity
    }

    // MARK: Challenge: 8 bytes of time, 16 random, 32 of MAC

    func challenge(at now: Timestamp) -> Challenge {
        let body = bytes(now.milliseconds / 1000) + randomBytes(count: 16)
        return Challenge(challenge: Data(body + HMACSHA256.tag(labelled(body, "challenge"), key: challengeKey)))
    }

    private func check(challenge: [UInt8], at now: Timestamp) throws(Problem) {
        guard challenge.count == 56 else { throw .challengeExpired }
        let body = Array(challenge[..<24])
        guard HMACSHA256.isValid(Array(challenge[24...]), for: labelled(body, "challenge"), key: challengeKey) else {
            throw .challengeExpired
        }
        let made = number(body[..<8])
        let seconds = now.milliseconds / 1000
        guard made <= seconds, seconds - made <= Self.challengeLifetime else { throw .challengeExpired }
    }

    // MARK: Token: key id, device, expiry, MAC

    func open(_ request: SessionRequest, device: Device?, at now: Timestamp) throws(Problem) -> SessionAnswer {
        try check(challenge: [UInt8](request.challenge), at: now)
        guard let device else { throw .deviceUnknown }
        let signed = SessionRequest.signedContent(
            challenge: [UInt8](request.challenge), relay: identity.bytes, device: request.device)
        guard device.sessionKey.isValidSignature([UInt8](request.signature), for: signed) else {
            throw .signatureInvalid
        }
        let expiry = now.milliseconds / 1000 + Self.tokenLifetime
        let body = tokenKeyID + device.id.bytes + bytes(expiry)
        let token = body + HMACSHA256.tag(labelled(body, "token"), key: tokenKey)
        return SessionAnswer(
            token: Data(token).base64EncodedString(), expires: Timestamp(milliseconds: expiry * 1000), time: now)
    }

    /// The device that a token was given to. Whether it is still on the call list is for the caller.
    func device(of token: String, at now: Timestamp) throws(Problem) -> DeviceID {
        // One token has one form: decoders pass over stray padding.
        guard let decoded = Data(base64Encoded: token), decoded.count == 4 + 16 + 8 + 32,
            decoded.base64EncodedString() == token
        else { throw .notAuthenticated }
        let token = [UInt8](decoded)
        guard Array(token[..<4]) == tokenKeyID else { throw .sessionExpired }
        let body = Array(token[..<28])
        guard HMACSHA256.isValid(Array(token[28...]), for: labelled(body, "token"), key: tokenKey),
            let device = DeviceID(Array(token[4..<20]))
        else { throw .notAuthenticated }
        guard number(token[20..<28]) > now.milliseconds / 1000 else { throw .sessionExpired }
        return device
    }

    private func labelled(_ body: [UInt8], _ purpose: String) -> [UInt8] {
        Array("tocsin relay \(purpose) v1\0".utf8) + body
    }

    private func bytes(_ value: UInt64) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
    private func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}
