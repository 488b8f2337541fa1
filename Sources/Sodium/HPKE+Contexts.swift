internal import Synchronization

extension HPKE {
    /// Seals messages in order, and exports secrets (RFC 9180 §5.2, §5.3).
    ///
    /// Copies share one sequence, so that no nonce is used twice.
    public struct Sender: Sendable {
        private let schedule: HPKESchedule
        private let exporter: HPKEExporter
        private let sequence: HPKESequence

        /// - Parameter sequence: for tests of the sequence's end only.
        init(_ schedule: HPKESchedule, sequence: UInt64 = 0) throws(SodiumError) {
            self.schedule = schedule
            exporter = try HPKEExporter(schedule)
            self.sequence = HPKESequence(sequence)
        }

        /// ContextS.Seal.
        /// - Throws: `messageLimitReached` after 2^64 - 1 messages.
        public mutating func seal(
            _ plaintext: [UInt8], authenticating aad: [UInt8] = []
        ) throws(SodiumError) -> [UInt8] {
            try ChaCha20Poly1305.seal(
                plaintext, key: schedule.key, nonce: schedule.nonce(sequence.next()), authenticating: aad)
        }

        /// Context.Export: `count` bytes bound to `exporterContext`.
        /// - Throws: `outputTooLong`.
        public func export(_ exporterContext: [UInt8], count: Int) throws(SodiumError) -> SecretBytes {
            try exporter.export(exporterContext, count: count)
        }
    }

    /// Opens messages in order, and exports secrets (RFC 9180 §5.2, §5.3).
    public struct Recipient: Sendable {
        private let schedule: HPKESchedule
        private let exporter: HPKEExporter
        private var sequence: UInt64 = 0

        init(_ schedule: HPKESchedule) throws(SodiumError) {
            self.schedule = schedule
            exporter = try HPKEExporter(schedule)
        }

        /// ContextR.Open. A failed opening does not advance the sequence.
        /// - Throws: `authenticationFailed`, `messageLimitReached`.
        public mutating func open(
            _ ciphertext: [UInt8], authenticating aad: [UInt8] = []
        ) throws(SodiumError) -> [UInt8] {
            guard sequence < .max else { throw HPKESequence.exhausted }
            let plaintext = try ChaCha20Poly1305.open(
                ciphertext, key: schedule.key, nonce: schedule.nonce(sequence), authenticating: aad)
            sequence += 1
            return plaintext
        }

        /// Context.Export: `count` bytes bound to `exporterContext`.
        /// - Throws: `outputTooLong`.
        public func export(_ exporterContext: [UInt8], count: Int) throws(SodiumError) -> SecretBytes {
            try exporter.export(exporterContext, count: count)
        }
    }
}

/// A sender's place: handed out once each, to whichever copy asks.
final class HPKESequence: Sendable {
    private let value: Mutex<UInt64>

    init(_ value: UInt64) { self.value = Mutex(value) }

    func next() throws(SodiumError) -> UInt64 {
        let place: UInt64? = value.withLock { value in
            guard value < .max else { return nil }
            defer { value += 1 }
            return value
        }
        guard let place else { throw Self.exhausted }
        return place
    }

    static var exhausted: SodiumError {
        SodiumError(.messageLimitReached, "this HPKE context has used all its nonces")
    }
}
