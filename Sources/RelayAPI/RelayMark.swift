public import Foundation
public import Sodium
public import Terms
public import WireFormat

/// How far a relay has come: its generation, and how many writes that has taken, which only grows. A relay that is behind its own
/// signed word went back in time [R22].
///
///     struct { opaque generation[16]; uint64 writes; } RelayMark;
public struct RelayMark: Codable, Hashable, Sendable {
    public let generation: Generation
    public let writes: UInt64
    public init(generation: Generation, writes: UInt64) {
        self.generation = generation
        self.writes = writes
    }
}

extension RelayMark: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        self.init(generation: try reader.identifier("generation"), writes: try reader.uint64("writes"))
    }

    public func encode(to writer: inout Writer) {
        writer.identifier(generation)
        writer.uint64(writes)
    }
}

/// A relay's signed word on how far it has come.
///
///     struct { RelayMark mark; opaque signature[64]; } SignedMark;
public struct SignedMark: Codable, Hashable, Sendable {
    public let mark: RelayMark
    /// Ed25519 by the relay's identity key.
    public let signature: Data

    public init(_ mark: RelayMark, by identity: Ed25519.PrivateKey) {
        self.mark = mark
        signature = Data(identity.signature(for: Self.signedContent(mark)))
    }

    public func isValid(by identity: Ed25519.PublicKey) -> Bool {
        identity.isValidSignature([UInt8](signature), for: Self.signedContent(mark))
    }

    private static func signedContent(_ mark: RelayMark) -> [UInt8] {
        Array("tocsin relay mark v1\0".utf8) + mark.encoded
    }
}

extension SignedMark: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        mark = try RelayMark(from: &reader)
        signature = Data(try reader.fixed(Ed25519.signatureLength, "signature"))
    }

    public func encode(to writer: inout Writer) {
        mark.encode(to: &writer)
        writer.fixed([UInt8](signature))
    }
}

/// POST /v1/generation: what shows a relay that it went back in time, by its own signature.
///
///     struct { uint8 kind; select (kind) { case 1: Receipt receipt; case 2: SignedMark mark; } } MarkProof;
public enum MarkProof: Hashable, Sendable {
    case receipt(Receipt)
    case heads(SignedMark)

    public var mark: RelayMark {
        switch self {
        case .receipt(let receipt): receipt.mark
        case .heads(let signed): signed.mark
        }
    }

    public func isValid(by identity: Ed25519.PublicKey) -> Bool {
        switch self {
        case .receipt(let receipt): receipt.isValid(by: identity)
        case .heads(let signed): signed.isValid(by: identity)
        }
    }
}

extension MarkProof: WireCodable {
    public init(from reader: inout Reader) throws(WireError) {
        switch try reader.uint8("kind") {
        case 1: self = .receipt(try Receipt(from: &reader))
        case 2: self = .heads(try SignedMark(from: &reader))
        default: throw WireError(.unknownValue, "kind")
        }
    }

    public func encode(to writer: inout Writer) {
        switch self {
        case .receipt(let receipt):
            writer.uint8(1)
            receipt.encode(to: &writer)
        case .heads(let signed):
            writer.uint8(2)
            signed.encode(to: &writer)
        }
    }
}
