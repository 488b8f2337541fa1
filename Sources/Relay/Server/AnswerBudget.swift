import Foundation
import Hummingbird
import NIOCore
import RelayAPI
import Terms

/// Answers that devices have not taken yet: they leave part by part, as they are read, and a device has so much of them in memory
/// at most [R19].
final class AnswerBudget: Sendable {
    private let bytes: SharedBytes<DeviceID>
    /// One write: what is not larger is written at once, and counts for nothing.
    private static let partBytes = 64 << 10

    init(limits: RelayLimits) {
        bytes = SharedBytes(
            most: limits.answerBytes, part: max(limits.answerBytesPerDevice, limits.callListBytes))
    }

    /// Makes an answer in binary form.
    /// - Parameter most: bytes that it may have; held before it is made.
    /// - Throws: `rateLimited` where the device does not read its answers; `unavailable`; what `make` throws.
    func answer(
        _ device: DeviceID, upTo most: Int = SQLiteStore.answerBytes, type: String = "application/octet-stream",
        _ make: () async throws -> [UInt8]
    ) async throws -> Response {
        let share = bytes.share(of: device, goesFirst: false)
        try share.take(most)
        let answer = ByteBuffer(bytes: try await make())
        share.keepOnly(answer.readableBytes)
        guard answer.readableBytes > Self.partBytes else {
            return Response(
                status: .ok, headers: [.contentType: type], body: ResponseBody(byteBuffer: answer))
        }
        let body = ResponseBody(contentLength: answer.readableBytes) { writer in
            var rest = answer
            while let part = rest.readSlice(length: min(Self.partBytes, rest.readableBytes)), part.readableBytes > 0 {
                try await writer.write(part)
            }
            try await writer.finish(nil)
            withExtendedLifetime(share) {}
        }
        return Response(status: .ok, headers: [.contentType: type], body: body)
    }

    /// As ``answer(_:upTo:type:_:)``, in JSON.
    func json(_ device: DeviceID, _ make: () async throws -> some Encodable) async throws -> Response {
        try await answer(device, type: "application/json") { [UInt8](try JSONEncoder().encode(try await make())) }
    }
}
