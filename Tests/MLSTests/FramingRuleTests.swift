import Sodium
import Testing
import WireFormat

@testable import MLS

/// Messages whose framing breaks a rule of §6 or §9.
@Suite struct FramingRuleTests {
    private let hello = Content.application([1, 2, 3])

    /// What Ben makes of a message of Ada's.
    private func refusal(
        _ content: Content, _ edit: (inout Insider.Framing) -> Void
    ) throws -> Rule? {
        var assembly = try Assembly(["ada", "ben", "cyd"])
        let message = try Insider(assembly["ada"]).send(content, edit)
        let before = stored(assembly["ben"].group)
        let rule = broken { _ = try assembly["ben"].group.process(message, judge: AnyoneMay()) }
        if rule != nil { #expect(stored(assembly["ben"].group) == before) }
        return rule
    }

    @Test func honestFramingIsAccepted() throws {
        #expect(try refusal(hello) { _ in } == nil)
        #expect(try refusal(.proposal(.groupContextExtensions([]))) { $0.format = .publicMessage } == nil)
    }

    @Test func refusesOtherGroupsAndEpochs() throws {
        for format in [MessageFormat.privateMessage, .publicMessage] {
            let content = Content.proposal(.groupContextExtensions([]))
            #expect(
                try refusal(content) {
                    $0.format = format
                    $0.groupID = [1]
                } == .v2)
            for epoch in [Epoch(0), Epoch(2), Epoch(.max)] {
                #expect(
                    try refusal(content) {
                        $0.format = format
                        $0.epoch = epoch
                    } == .v3)
            }
        }
    }

    @Test func refusesForgedSignatures() throws {
        let bad = [UInt8](repeating: 3, count: 64)
        #expect(try refusal(hello) { $0.signature = bad } == .v7)
        #expect(try refusal(hello) { $0.signature = [] } == .v7)
        let proposal = Content.proposal(.groupContextExtensions([]))
        #expect(
            try refusal(proposal) {
                $0.format = .publicMessage
                $0.signature = bad
            } == .v7)
    }

    @Test func oneMemberCannotSpeakForAnother() throws {
        let proposal = Content.proposal(.groupContextExtensions([]))
        // Ada has the membership key too, so only the signature stands in her way.
        #expect(
            try refusal(proposal) {
                $0.format = .publicMessage
                $0.sender = .member(LeafIndex(2))
            } == .v7)
    }

    @Test func refusesSendersThatAreNotThere() throws {
        let proposal = Content.proposal(.groupContextExtensions([]))
        for index in [LeafIndex(3), LeafIndex(4), LeafIndex(.max)] {
            #expect(
                try refusal(proposal) {
                    $0.format = .publicMessage
                    $0.sender = .member(index)
                } == .v6)
        }
        // The sender data of a PrivateMessage names a leaf, too.
        for index in [LeafIndex(3), LeafIndex(4), LeafIndex(.max)] {
            #expect(try refusal(hello) { $0.privateSender = index } == (index == LeafIndex(3) ? .v19 : .v6))
        }
    }

    @Test func refusesAPublicMessageOfAnOutsider() throws {
        #expect(
            try refusal(.proposal(.groupContextExtensions([]))) {
                $0.format = .publicMessage
                $0.membershipKey = SecretBytes([UInt8](repeating: 1, count: 32))
            } == .v5)
    }

    @Test func refusesApplicationDataInTheClear() throws {
        #expect(try refusal(hello) { $0.format = .publicMessage } == .v4)
    }

    @Test func refusesOnesOwnMessages() throws {
        var assembly = try Assembly(["ada", "ben"])
        let message = try assembly["ada"].group.protect([1], signer: assembly["ada"].party.signer)
        #expect(MLSTests.refusal { _ = try assembly["ada"].group.process(message, judge: AnyoneMay()) } == .ownMessage)
        let proposal = try Insider(assembly["ada"]).send(.proposal(.groupContextExtensions([]))) {
            $0.format = .publicMessage
        }
        #expect(
            MLSTests.refusal { _ = try assembly["ada"].group.process(proposal, judge: AnyoneMay()) } == .ownMessage)
    }

    @Test func refusesReplays() throws {
        var assembly = try Assembly(["ada", "ben"])
        let messages = try (0..<4).map {
            try assembly["ada"].group.protect([UInt8($0)], signer: assembly["ada"].party.signer)
        }
        // Out of order is fine; twice is not.
        for number in [2, 0, 3, 1] {
            guard
                case .application(let received) = try assembly["ben"].group.process(
                    messages[number], judge: AnyoneMay())
            else { throw UnexpectedResult() }
            #expect(received.plaintext == [UInt8(number)])
        }
        for message in messages {
            let before = stored(assembly["ben"].group)
            #expect(
                broken { _ = try assembly["ben"].group.process(message, judge: AnyoneMay()) } == .v17)
            #expect(stored(assembly["ben"].group) == before)
        }
    }

    @Test func refusesToSkipTooFar() throws {
        var assembly = try Assembly(["ada", "ben"])
        let signer = assembly["ada"].party.signer
        for _ in 0...Limits.skippedGenerations { _ = try assembly["ada"].group.protect([], signer: signer) }
        let far = try assembly["ada"].group.protect([9], signer: signer)
        #expect(broken { _ = try assembly["ben"].group.process(far, judge: AnyoneMay()) } == .v18)
    }

    @Test func refusesPaddingThatIsNotZero() throws {
        var assembly = try Assembly(["ada", "ben"])
        let ada = Insider(assembly["ada"])
        let honest = try ada.send(hello)
        guard case .privateMessage(let message) = try MLSMessage(checking: honest) else { throw UnexpectedResult() }
        // Opened and sealed again with Ada's key of generation 0, with a byte more.
        let secrets = try ada.group.activeSecrets()
        for (extra, code) in [([0], nil), ([1], .v16), ([0, 0, 2], .v16)]
            as [([UInt8], Rule?)]
        {
            let forged = try reseal(message, secrets: secrets, keys: ada.requireKeys(), adding: extra)
            var ben = assembly["ben"].group
            #expect(broken { _ = try ben.process(forged, judge: AnyoneMay()) } == code)
        }
        #expect(throws: Never.self) { try assembly["ben"].group.process(honest, judge: AnyoneMay()) }
    }

    private func reseal(
        _ message: PrivateMessage, secrets: EpochSecrets, keys: SecretTree, adding extra: [UInt8]
    ) throws -> [UInt8] {
        let suite = CipherSuite.x25519ChaCha20SHA256Ed25519
        var clear = Writer()
        clear.opaque(message.groupID)
        message.epoch.encode(to: &clear)
        clear.uint8(message.contentType.rawValue)
        let senderAAD = clear.bytes
        clear.opaque(message.authenticatedData)
        let oldKey = try SenderDataKey(
            secret: secrets.senderDataSecret, ciphertext: message.ciphertext, suite: suite)
        let sender = try suite.open(
            message.encryptedSenderData, key: oldKey.key, nonce: oldKey.nonce, aad: senderAAD, rule: .v19)
        let senderData = try SenderData(decoding: sender)
        let (key, _) = try keys.key(of: senderData.leaf, ratchet: .application, generation: senderData.generation)
        var nonce = key.nonce.exposedCopy()
        for (index, byte) in senderData.reuseGuard.enumerated() { nonce[index] ^= byte }
        let plaintext = try suite.open(
            message.ciphertext, key: key.key, nonce: nonce, aad: clear.bytes, rule: .v19)
        let ciphertext = try suite.seal(plaintext + extra, key: key.key, nonce: nonce, aad: clear.bytes)
        let newKey = try SenderDataKey(secret: secrets.senderDataSecret, ciphertext: ciphertext, suite: suite)
        var writer = Writer()
        writer.fixed([0, 1, 0, 2])
        writer.fixed(clear.bytes)
        writer.opaque(try suite.seal(sender, key: newKey.key, nonce: newKey.nonce, aad: senderAAD))
        writer.opaque(ciphertext)
        return writer.bytes
    }

    @Test func otherStructuresAreNoGroupMessages() throws {
        var assembly = try Assembly(["ada", "ben"])
        let package = try Party("cyd").bundle().keyPackage.encoded
        #expect(
            MLSTests.refusal { _ = try assembly["ben"].group.process(package, judge: AnyoneMay()) }
                == .wrongContentType)
        #expect(MLSTests.refusal { _ = try MessageHeader(reading: package) } == .wrongContentType)
        for bytes in [[], [0], [0, 1, 0, 0], [0, 1, 0, 6], [0, 1, 0, 2]] as [[UInt8]] {
            #expect(
                MLSTests.refusal { _ = try assembly["ben"].group.process(bytes, judge: AnyoneMay()) } == .malformed)
        }
        let newer: [UInt8] = [0, 2, 0, 2, 0]
        #expect(broken { _ = try assembly["ben"].group.process(newer, judge: AnyoneMay()) } == .v1)
        let huge = [UInt8](repeating: 0, count: Limits.messageBytes + 1)
        #expect(
            MLSTests.refusal { _ = try assembly["ben"].group.process(huge, judge: AnyoneMay()) } == .limitExceeded)
    }

    // MARK: Padding (§6.3.1)

    @Test func bucketsHideTheSize() throws {
        for (count, size) in [
            (0, 256), (1, 256), (256, 256), (257, 512), (1000, 1024), (16_384, 16_384), (16_385, 32_768),
            (40_000, 49_152),
        ] { #expect(PaddingPolicy.buckets.paddedLength(of: count) == size) }
        #expect(PaddingPolicy.none.paddedLength(of: 7) == 7)
        var assembly = try Assembly(["ada", "ben"])
        let signer = assembly["ada"].party.signer
        let sizes = try (0..<150).map {
            try assembly["ada"].group.protect([UInt8](repeating: 1, count: $0), signer: signer).count
        }
        #expect(Set(sizes).count == 1)
        let bare = try (1..<3).map {
            try assembly["ada"].group.protect([UInt8](repeating: 1, count: $0), signer: signer, padding: .none).count
        }
        #expect(bare[1] == bare[0] + 1)
    }
}
