import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import RelayAPI

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
