import Sodium
import WireFormat

/// A signed and encrypted message (§6.3).
///
///     struct { opaque group_id<V>; uint64 epoch; ContentType content_type; opaque authenticated_data<V>;
///              opaque encrypted_sender_data<V>; opaque ciphertext<V>; } PrivateMessage;
struct PrivateMessage: Hashable, Sendable, WireCodable {
    let groupID: [UInt8]
    let epoch: Epoch
    let contentType: ContentType
    let authenticatedData: [UInt8]
    let encryptedSenderData: [UInt8]
    let ciphertext: [UInt8]

    init(from reader: inout Reader) throws(WireError) {
        groupID = try reader.opaque("group_id")
        epoch = try Epoch(from: &reader)
        contentType = try ContentType(from: &reader)
        authenticatedData = try reader.opaque("authenticated_data")
        encryptedSenderData = try reader.opaque("encrypted_sender_data")
        ciphertext = try reader.opaque("ciphertext")
    }

    func encode(to writer: inout Writer) {
        encodeClearPart(to: &writer)
        writer.opaque(encryptedSenderData)
        writer.opaque(ciphertext)
    }

    /// Also PrivateContentAAD (§6.3.1), which is the same fields.
    private func encodeClearPart(to writer: inout Writer) {
        Self.encodeAAD(
            to: &writer, groupID: groupID, epoch: epoch, type: contentType, authenticatedData: authenticatedData)
    }

    private static func encodeAAD(
        to writer: inout Writer, groupID: [UInt8], epoch: Epoch, type: ContentType, authenticatedData: [UInt8]
    ) {
        writer.opaque(groupID)
        epoch.encode(to: &writer)
        writer.uint8(type.rawValue)
        writer.opaque(authenticatedData)
    }

    /// The most bytes of such a message as an MLSMessage.
    static func length(protecting authenticated: AuthenticatedContent, padding: PaddingPolicy) -> Int {
        let (content, auth) = (authenticated.content, authenticated.auth)
        let plaintext = content.contentLength + auth.signature.count + (auth.confirmationTag?.count ?? 0) + 4
        let fixed = 64 + 4 * Writer.lengthCapacity
        return content.groupID.count + content.authenticatedData.count + padding.paddedLength(of: plaintext) + fixed
    }

    /// Encrypts what a member signed.
    /// - Parameter key: of `sender`'s ratchet and `generation`; used for nothing else.
    init(
        protecting authenticated: AuthenticatedContent, sender: LeafIndex, key: MessageKey, generation: UInt32,
        senderDataSecret: SecretBytes, suite: CipherSuite, padding: PaddingPolicy
    ) throws(MLSError) {
        let content = authenticated.content
        groupID = content.groupID
        epoch = content.epoch
        contentType = content.content.type
        authenticatedData = content.authenticatedData

        var plaintext = Writer(reservingCapacity: padding.paddedLength(of: content.encodedLength + 160))
        content.encodeContent(to: &plaintext)
        authenticated.auth.encode(to: &plaintext)
        let padded = padding.paddedLength(of: plaintext.bytes.count)
        plaintext.fixed(repeatElement(0, count: padded - plaintext.bytes.count))

        let guardBytes = randomBytes(count: SenderData.reuseGuardLength)
        var aad = Writer()
        Self.encodeAAD(
            to: &aad, groupID: groupID, epoch: epoch, type: contentType, authenticatedData: authenticatedData)
        var nonce = Self.nonce(key.nonce, guardedBy: guardBytes)
        defer { wipe(&nonce) }
        ciphertext = try suite.seal(plaintext.bytes, key: key.key, nonce: nonce, aad: aad.bytes)

        let senderData = SenderData(leaf: sender, generation: generation, reuseGuard: guardBytes)
        let senderKey = try SenderDataKey(secret: senderDataSecret, ciphertext: ciphertext, suite: suite)
        encryptedSenderData = try suite.seal(
            senderData.encoded, key: senderKey.key, nonce: senderKey.nonce,
            aad: Self.senderDataAAD(groupID: groupID, epoch: epoch, type: contentType))
    }

    /// Decrypts, without using anything up: the caller spends the key once all is verified.
    func unprotect(
        secrets: SecretTree, senderDataSecret: SecretBytes, ownIndex: LeafIndex?, suite: CipherSuite
    ) throws(MLSError) -> (content: AuthenticatedContent, use: SecretTree.Use) {
        let senderKey = try SenderDataKey(secret: senderDataSecret, ciphertext: ciphertext, suite: suite)
        let opened = try suite.open(
            encryptedSenderData, key: senderKey.key, nonce: senderKey.nonce,
            aad: Self.senderDataAAD(groupID: groupID, epoch: epoch, type: contentType), rule: .v19)
        let senderData = try decoding { () throws(WireError) in try SenderData(decoding: opened) }
        guard senderData.leaf != ownIndex else {
            throw MLSError(.ownMessage, "one's own messages cannot be decrypted")
        }
        let (key, use) = try secrets.key(
            of: senderData.leaf, ratchet: .init(contentType), generation: senderData.generation)
        var aad = Writer(reservingCapacity: groupID.count + authenticatedData.count + 32)
        encodeClearPart(to: &aad)
        var nonce = Self.nonce(key.nonce, guardedBy: senderData.reuseGuard)
        defer { wipe(&nonce) }
        let plaintext = try suite.open(ciphertext, key: key.key, nonce: nonce, aad: aad.bytes, rule: .v19)
        return (try read(plaintext, sender: senderData.leaf), use)
    }

    /// `struct { select (content_type) …; FramedContentAuthData auth; opaque padding[length_of_padding]; }
    /// PrivateMessageContent;`
    private func read(_ plaintext: [UInt8], sender: LeafIndex) throws(MLSError) -> AuthenticatedContent {
        var reader = Reader(plaintext)
        let (content, auth) = try decoding { () throws(WireError) in
            (
                try reader.capturing { (reader) throws(WireError) in try Content(contentType, from: &reader) },
                try AuthData(contentType, from: &reader)
            )
        }
        guard plaintext.suffix(reader.remaining).allSatisfy({ $0 == 0 }) else {
            throw MLSError(.v16, "padding is not all zeros")
        }
        let framed = FramedContent(
            groupID: groupID, epoch: epoch, sender: .member(sender), authenticatedData: authenticatedData,
            content: content.value, encodedContent: content.bytes)
        return AuthenticatedContent(format: .privateMessage, content: framed, auth: auth)
    }

    /// The ratchet's nonce with its first bytes changed (§6.3.1), against a state that went back in time. As secret
    /// as the ratchet's own (§9.2): to be wiped.
    private static func nonce(_ nonce: SecretBytes, guardedBy guardBytes: [UInt8]) -> [UInt8] {
        var bytes = nonce.exposedCopy()
        for (index, byte) in guardBytes.enumerated() where index < bytes.count { bytes[index] ^= byte }
        return bytes
    }

    /// `struct { opaque group_id<V>; uint64 epoch; ContentType content_type; } SenderDataAAD;`
    private static func senderDataAAD(groupID: [UInt8], epoch: Epoch, type: ContentType) -> [UInt8] {
        var writer = Writer()
        writer.opaque(groupID)
        epoch.encode(to: &writer)
        writer.uint8(type.rawValue)
        return writer.bytes
    }
}

/// `struct { uint32 leaf_index; uint32 generation; opaque reuse_guard[4]; } SenderData;` (§6.3.2)
struct SenderData: Sendable, WireCodable {
    static let reuseGuardLength = 4
    let leaf: LeafIndex
    let generation: UInt32
    let reuseGuard: [UInt8]

    init(leaf: LeafIndex, generation: UInt32, reuseGuard: [UInt8]) {
        self.leaf = leaf
        self.generation = generation
        self.reuseGuard = reuseGuard
    }

    init(from reader: inout Reader) throws(WireError) {
        leaf = try LeafIndex(from: &reader)
        generation = try reader.uint32("generation")
        reuseGuard = try reader.fixed(Self.reuseGuardLength, "reuse_guard")
    }

    func encode(to writer: inout Writer) {
        leaf.encode(to: &writer)
        writer.uint32(generation)
        writer.fixed(reuseGuard)
    }
}

/// Key and nonce for the sender data, from a sample of the ciphertext (§6.3.2).
struct SenderDataKey: Sendable {
    let key: SecretBytes
    let nonce: [UInt8]

    init(secret: SecretBytes, ciphertext: [UInt8], suite: CipherSuite) throws(MLSError) {
        let sample = Array(ciphertext.prefix(suite.hashLength))
        let expander = suite.expander(of: secret)
        key = try expander.expand(label: "key", context: sample, count: suite.keyLength)
        nonce = try expander.expand(label: "nonce", context: sample, count: suite.nonceLength).exposedCopy()
    }
}
