import Testing

@testable import Sodium

/// What the published vectors do not show: order, refusals and limits.
@Suite struct HPKETests {
    private let recipient = X25519.PrivateKey()
    private let info: [UInt8] = [1, 2, 3]

    @Test func everyAlterationIsRefused() throws {
        let sealed = try HPKE.seal([1, 2, 3], to: recipient.publicKey, info: info, authenticating: [4])
        func refusal(_ key: [UInt8], _ ciphertext: [UInt8], info: [UInt8]? = nil, aad: [UInt8] = [4]) -> Bool {
            code {
                _ = try HPKE.open(
                    HPKE.Sealed(encapsulatedKey: key, ciphertext: ciphertext), with: recipient,
                    info: info ?? self.info, authenticating: aad)
            } != nil
        }
        #expect(!refusal(sealed.encapsulatedKey, sealed.ciphertext))
        for index in sealed.ciphertext.indices {
            var flipped = sealed.ciphertext
            flipped[index] ^= 1
            #expect(refusal(sealed.encapsulatedKey, flipped))
            #expect(refusal(sealed.encapsulatedKey, Array(sealed.ciphertext.prefix(index))))
        }
        for index in sealed.encapsulatedKey.indices {
            var flipped = sealed.encapsulatedKey
            flipped[index] ^= 1
            #expect(refusal(flipped, sealed.ciphertext))
            #expect(refusal(Array(sealed.encapsulatedKey.prefix(index)), sealed.ciphertext))
        }
        #expect(refusal(sealed.encapsulatedKey, sealed.ciphertext, info: []))
        #expect(refusal(sealed.encapsulatedKey, sealed.ciphertext, aad: []))
        #expect(refusal(sealed.encapsulatedKey + [0], sealed.ciphertext))
        // X25519 leaves the highest bit out (RFC 7748 §5); HPKE binds the encoding all the same (RFC 9180 §4.1).
        var highBit = sealed.encapsulatedKey
        highBit[31] ^= 0x80
        #expect(refusal(highBit, sealed.ciphertext))
    }

    @Test func anotherRecipientCannotOpen() throws {
        let sealed = try HPKE.seal([1], to: recipient.publicKey, info: info)
        #expect(code { _ = try HPKE.open(sealed, with: X25519.PrivateKey(), info: info) } == .authenticationFailed)
    }

    @Test func secretsSealWithoutACopy() throws {
        let sealed = try HPKE.seal(SecretBytes([7, 8]), to: recipient.publicKey, info: info, authenticating: [4])
        let opened = try HPKE.openSecret(sealed, with: recipient, info: info, authenticating: [4])
        #expect(opened.exposedCopy() == [7, 8])
        #expect(code { _ = try HPKE.openSecret(sealed, with: recipient, info: info) } == .authenticationFailed)
    }

    /// One `info` for many recipients is the same `info` as its bytes.
    @Test func anInfoIsSharedByMany() throws {
        let (shared, others) = (HPKE.Info(info), (0..<3).map { _ in X25519.PrivateKey() })
        for (number, key) in others.enumerated() {
            let secret = SecretBytes([7, UInt8(number)])
            let sealed = try HPKE.seal(secret, to: key.publicKey, info: shared, authenticating: [4])
            let opened = try HPKE.openSecret(sealed, with: key, info: info, authenticating: [4])
            #expect(opened.constantTimeEquals(secret))
            let back = try HPKE.seal(secret, to: key.publicKey, info: info)
            #expect(try HPKE.openSecret(back, with: key, info: shared).constantTimeEquals(secret))
            #expect(
                code { _ = try HPKE.openSecret(back, with: key, info: HPKE.Info([9])) } == .authenticationFailed)
        }
    }

    @Test func messagesOpenInOrderOnly() throws {
        var (key, sender) = try HPKE.setUpSender(recipient: recipient.publicKey, info: info)
        var opener = try HPKE.setUpRecipient(encapsulatedKey: key, recipient: recipient, info: info)
        let (first, second) = (try sender.seal([1]), try sender.seal([2]))
        #expect(code { _ = try opener.open(second) } == .authenticationFailed)
        // A failed opening does not advance.
        #expect(try opener.open(first) == [1])
        #expect(code { _ = try opener.open(first) } == .authenticationFailed)
        #expect(try opener.open(second) == [2])
    }

    /// Two copies of a sender must not use one nonce twice.
    @Test func copiesShareTheSequence() throws {
        var (key, sender) = try HPKE.setUpSender(recipient: recipient.publicKey, info: info)
        var copy = sender
        let messages = [try sender.seal([1]), try copy.seal([1]), try sender.seal([1])]
        #expect(Set(messages).count == 3)
        var opener = try HPKE.setUpRecipient(encapsulatedKey: key, recipient: recipient, info: info)
        for message in messages { #expect(try opener.open(message) == [1]) }
    }

    @Test func copiesInManyTasksShareTheSequence() async throws {
        let (_, sender) = try HPKE.setUpSender(recipient: recipient.publicKey, info: info)
        let messages = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<200 {
                group.addTask {
                    var copy = sender
                    return try copy.seal([1, 2, 3])
                }
            }
            return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
        }
        #expect(messages.count == 200)
    }

    @Test func theSequenceEnds() throws {
        let schedule = try HPKESchedule(
            sharedSecret: SecretBytes([UInt8](repeating: 1, count: 32)), info: HPKE.Info([]))
        var sender = try HPKE.Sender(schedule, sequence: .max - 1)
        #expect(throws: Never.self) { try sender.seal([1]) }
        #expect(code { _ = try sender.seal([1]) } == .messageLimitReached)
        #expect(code { _ = try sender.seal([1]) } == .messageLimitReached)
        #expect(throws: Never.self) { try sender.export([], count: 32) }
    }

    @Test func exportsAreBoundToContextAndLength() throws {
        let (key, sender) = try HPKE.setUpSender(recipient: recipient.publicKey, info: info)
        let opener = try HPKE.setUpRecipient(encapsulatedKey: key, recipient: recipient, info: info)
        let exported = try sender.export([1], count: 64).exposedCopy()
        #expect(try opener.export([1], count: 64).exposedCopy() == exported)
        #expect(try sender.export([2], count: 64).exposedCopy() != exported)
        // The length goes in, so that a shorter export is no prefix of a longer one.
        #expect(try sender.export([1], count: 32).exposedCopy() != Array(exported.prefix(32)))
        #expect(code { _ = try sender.export([], count: 8161) } == .outputTooLong)
        #expect(code { _ = try opener.export([], count: -1) } == .outputTooLong)
    }
}
