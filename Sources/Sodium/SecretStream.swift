internal import CSodium

/// libsodium's `secretstream`: a sequence of messages under one key (XChaCha20-Poly1305), in which none can be altered,
/// dropped, repeated, reordered or cut off unseen. For what is written and read once, in order.
///
/// The sealer's ``Sealer/header`` goes first; each sealed message is ``overhead`` bytes longer than its plaintext.
public enum SecretStream {
    public static let keyLength = 32
    public static let headerLength = 24
    /// The encrypted tag and the authenticator.
    public static let overhead = 17

    /// What a message is in its stream.
    public enum Tag: UInt8, Sendable, Hashable {
        /// One of several: more follow.
        case message = 0
        /// The end of a set of messages, not of the stream.
        case push = 1
        /// The key is replaced after this message: what was sent before stays secret if the new one is found out.
        case rekey = 2
        /// The end of the stream. A stream that stops without it was cut off.
        case final = 3
    }

    /// The sending end. It cannot be copied: two copies would use the same nonces.
    public struct Sealer: ~Copyable, Sendable {
        /// To be sent before the first message: 24 bytes.
        public let header: [UInt8]
        /// Nothing may follow ``Tag/final``.
        public private(set) var isFinished = false
        private let state: StreamState

        /// - Throws: `wrongLength` for the key.
        public init(key: SecretBytes) throws(SodiumError) {
            try SecretStream.check(key)
            let state = StreamState()
            header = bytes(headerLength) { header in
                key.withPointer {
                    _ = crypto_secretstream_xchacha20poly1305_init_push(state.pointer, header, $0)
                }
            }
            self.state = state
        }

        /// - Throws: `streamFinished` after ``Tag/final``.
        public mutating func seal(
            _ message: [UInt8], tag: Tag = .message, authenticating aad: [UInt8] = []
        ) throws(SodiumError) -> [UInt8] {
            guard !isFinished else { throw SodiumError(.streamFinished, "this stream has ended") }
            isFinished = tag == .final
            return bytes(message.count + overhead) { output in
                _ = crypto_secretstream_xchacha20poly1305_push(
                    state.pointer, output, nil, message, UInt64(message.count), aad, UInt64(aad.count), tag.rawValue)
            }
        }
    }

    /// The receiving end.
    public struct Opener: ~Copyable, Sendable {
        /// Whether the stream's last message was read. Where it is false at the end of the input, the stream was cut
        /// off.
        public private(set) var isFinished = false
        private let state: StreamState

        /// - Throws: `wrongLength` for key or header.
        public init(key: SecretBytes, header: [UInt8]) throws(SodiumError) {
            try SecretStream.check(key)
            guard header.count == headerLength else {
                throw SodiumError(.wrongLength, "a stream's header has \(headerLength) bytes")
            }
            let state = StreamState()
            key.withPointer { _ = crypto_secretstream_xchacha20poly1305_init_pull(state.pointer, header, $0) }
            self.state = state
        }

        /// The next message. One that does not verify leaves the stream where it was. One that does, but has a tag that
        /// ``Tag`` does not know (above 3), was made with the key by something else than a ``Sealer``: it is refused as
        /// well, yet the stream has gone on past it.
        /// - Throws: `authenticationFailed` in both cases; `streamFinished` after ``Tag/final``.
        public mutating func open(
            _ sealed: [UInt8], authenticating aad: [UInt8] = []
        ) throws(SodiumError) -> (message: [UInt8], tag: Tag) {
            guard !isFinished else { throw SodiumError(.streamFinished, "this stream has ended") }
            guard sealed.count >= overhead else {
                throw SodiumError(.authenticationFailed, "the message is shorter than its tag")
            }
            var status: Int32 = -1
            var rawTag: UInt8 = 0
            let count = sealed.count - overhead
            let message = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
                status = crypto_secretstream_xchacha20poly1305_pull(
                    state.pointer, buffer.baseAddress, nil, &rawTag, sealed, UInt64(sealed.count), aad,
                    UInt64(aad.count))
                initialised = status == 0 ? count : 0
            }
            guard status == 0, let tag = Tag(rawValue: rawTag) else {
                throw SodiumError(.authenticationFailed, "the message is not this stream's next")
            }
            isFinished = tag == .final
            return (message, tag)
        }
    }

    private static func check(_ key: SecretBytes) throws(SodiumError) {
        Initialisation.ensure()
        guard key.count == keyLength else { throw SodiumError(.wrongLength, "a stream's key has \(keyLength) bytes") }
    }
}

/// The stream's key and counter: wiped with the stream.
private final class StreamState: @unchecked Sendable {
    // Proof for @unchecked: owned by one Sealer or Opener, neither of which can be copied.
    let pointer = UnsafeMutablePointer<crypto_secretstream_xchacha20poly1305_state>.allocate(capacity: 1)

    deinit {
        sodium_memzero(pointer, MemoryLayout<crypto_secretstream_xchacha20poly1305_state>.size)
        pointer.deallocate()
    }
}
