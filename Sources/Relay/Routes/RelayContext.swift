import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import RelayAPI
import Terms
import WireFormat

/// What a request carries through the routes.
struct RelayContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    init(source: ApplicationRequestContextSource) { coreContext = CoreRequestContextStorage(source: source) }
}

/// Gives every failure as problem+json (RFC 9457), and logs method, route and status: never a path, token, payload or id.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = RelayContext
    let logger: Logger

    func handle(
        _ request: Request, context: RelayContext, next: (Request, RelayContext) async throws -> Response
    ) async throws -> Response {
        let response: Response
        do {
            response = try await next(request, context)
        } catch let problem as Problem {
            response = problem.response
        } catch let error as any HTTPResponseError {
            response = Self.problem(for: error.status).response
        } catch is NIOTooManyBytesError {
            response = Problem.tooLarge(context.maxUploadSize).response
        } catch is CancellationError {
            // Whoever asked has gone, or the relay is ending.
            response = Problem.overloaded.response
        } catch {
            logger.error("a request failed", metadata: ["error": "\(type(of: error))"])
            response = Problem.internalError.response
        }
        logger.debug(
            "request",
            metadata: [
                "method": "\(request.method)", "route": "\(context.endpointPath ?? "-")",
                "status": "\(response.status.code)",
            ])
        return response
    }

    private static func problem(for status: HTTPResponse.Status) -> Problem {
        switch status.code {
        case 404, 405: .unknownRoute
        case 413: .tooLarge(0)
        case 500...: .internalError
        default: .malformed("HTTP \(status.code)")
        }
    }
}

extension Problem {
    var response: Response {
        var headers = HTTPFields()
        headers[.contentType] = "application/problem+json"
        if let retryAfter { headers[.retryAfter] = "\(retryAfter)" }
        let body = (try? JSONEncoder().encode(self)) ?? Data()
        return Response(
            status: HTTPResponse.Status(code: status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}

extension BodyBudget {
    /// As ``reading(_:limit:_:)``, decoding JSON.
    /// - Throws: also `malformedRequest`.
    func json<T: Decodable, R: Sendable>(
        _ type: T.Type, of request: Request, limit: Int, _ use: (T) async throws -> R
    ) async throws -> R {
        try await reading(request, limit: limit) { bytes in
            guard let value = try? JSONDecoder().decode(type, from: Data(bytes)) else {
                throw Problem.malformed("the body is not the JSON that this resource takes")
            }
            return try await use(value)
        }
    }

    /// As ``reading(_:limit:_:)``, decoding a binary structure.
    /// - Throws: also `malformedRequest`.
    func binary<T: WireDecodable, R: Sendable>(
        _ type: T.Type, of request: Request, limit: Int, _ use: (T) async throws -> R
    ) async throws -> R {
        try await reading(request, limit: limit) { bytes in
            let value: T
            do {
                value = try T(decoding: bytes)
            } catch {
                throw Problem.malformed("the body is not what this resource takes: \(error)")
            }
            return try await use(value)
        }
    }
}

extension RelayContext {
    /// The room in the path.
    func room() throws(Problem) -> RoomID {
        guard let text = parameters.get("room"), let room = RoomID(text) else { throw .roomUnknown }
        return room
    }
}

extension Request {
    /// A number in the query.
    func number(_ name: Substring) -> UInt64? { uri.queryParameters[name].flatMap { UInt64($0) } }

    /// How many items are asked for: 100 where nothing is said, and at least one.
    func limit(atMost most: Int) -> Int {
        min(max(1, uri.queryParameters["limit"].flatMap { Int($0) } ?? 100), most)
    }
}

extension Response {
    static func json(_ value: some Encodable) throws -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try JSONEncoder().encode(value))))
    }

    static func binary(_ bytes: [UInt8]) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/octet-stream"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static var done: Response { Response(status: .noContent) }
}
