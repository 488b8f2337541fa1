import AsyncHTTPClient
import Foundation
import NIOCore
import RelayAPI
import Terms
import WireFormat

/// What the relay pushes (GET /v1/stream, Server-Sent Events).
enum StreamMessage: Sendable {
    case heads(Heads)
    case entry(RoomID, Entry)
}

/// Reads Server-Sent Events off a response: only what the relay's stream uses (`event`, `data`, comments).
/// None of the packages at hand has a parser for this format.
struct EventStreamParser {
    /// The most bytes of one event, all its lines together: a full entry in base64.
    static let maximumEventBytes = 4 << 20

    /// Bytes since the last event's end.
    private var length = 0
    private var line: [UInt8] = []
    private var event = ""
    private var data = ""

    /// Takes what came and gives the messages that it completed.
    /// - Throws: `relayMisbehaved`.
    mutating func feed(_ bytes: some Sequence<UInt8>) throws(ClientError) -> [StreamMessage] {
        var messages: [StreamMessage] = []
        for byte in bytes {
            length += 1
            guard length <= Self.maximumEventBytes else { throw Self.misbehaved }
            guard byte == 0x0a else {
                line.append(byte)
                continue
            }
            if line.last == 0x0d { line.removeLast() }
            let text = String(decoding: line, as: UTF8.self)
            line.removeAll(keepingCapacity: true)
            if let message = try take(line: text) { messages.append(message) }
        }
        return messages
    }

    private mutating func take(line text: String) throws(ClientError) -> StreamMessage? {
        if text.isEmpty {
            defer { (event, data, length) = ("", "", 0) }
            return data.isEmpty ? nil : try message()
        }
        if let value = Self.value(of: "event", in: text) { event = value }
        if let value = Self.value(of: "data", in: text) { data += value }
        return nil
    }

    private static func value(of field: String, in text: String) -> String? {
        guard text.hasPrefix(field + ":") else { return nil }
        let value = text.dropFirst(field.utf8.count + 1)
        return String(value.first == " " ? value.dropFirst() : value)
    }

    private func message() throws(ClientError) -> StreamMessage? {
        switch event {
        case "heads":
            guard let heads = try? JSONDecoder().decode(Heads.self, from: Data(data.utf8)) else {
                throw Self.misbehaved
            }
            return .heads(heads)
        case "entry":
            guard let bytes = Data(base64Encoded: data), bytes.count > 16,
                let room = RoomID([UInt8](bytes.prefix(16))),
                let entry = try? Entry(decoding: [UInt8](bytes.dropFirst(16)))
            else { throw Self.misbehaved }
            return .entry(room, entry)
        default:
            return nil  // Of a later relay.
        }
    }

    private static let misbehaved = ClientError(.relayMisbehaved, "the relay's stream is not what the protocol says")
}
