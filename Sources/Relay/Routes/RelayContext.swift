import CallList
import Hummingbird
import RelayAPI
import Terms

/// What every request carries, before it is known who asks. No route takes it: see ``DeviceContext`` and ``OpenContext``.
struct RelayContext: RequestContext {
    /// As a middleware has found out.
    enum Caller: Sendable {
        case unknown
        /// Within what all of them together may ask.
        case anybody
        case device(Device)
    }

    var coreContext: CoreRequestContextStorage
    var caller = Caller.unknown
    var query = Query()

    init(source: ApplicationRequestContextSource) { coreContext = CoreRequestContextStorage(source: source) }
}

/// A request with a session: only ``AuthenticationMiddleware`` makes one possible.
struct DeviceContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let device: Device
    let query: Query

    init(context: RelayContext) throws {
        guard case .device(let device) = context.caller else { throw Problem.notAuthenticated }
        (coreContext, query) = (context.coreContext, context.query)
        self.device = device
    }
}

/// A request that anybody may make: only ``OpenRateMiddleware`` makes one possible.
struct OpenContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage

    init(context: RelayContext) throws {
        guard case .anybody = context.caller else { throw Problem.internalError }
        coreContext = context.coreContext
    }
}

/// The numbers behind a path's question mark: up to where its sender has read, and how many more it wants.
struct Query: Sendable {
    var before: UInt64?
    var after: UInt64?
    private var limit: UInt64?

    init() {}

    init(of request: Request) {
        let parameters = request.uri.queryParameters
        func number(_ name: Substring) -> UInt64? { parameters[name].flatMap { UInt64($0) } }
        (before, after, limit) = (number("before"), number("after"), number("limit"))
    }

    /// How many items are asked for: 100 where nothing is said, and at least one.
    func limit(atMost most: Int) -> Int { min(max(1, Int(clamping: limit ?? 100)), most) }
}

extension RequestContext {
    /// The room in the path.
    func room() throws(Problem) -> RoomID {
        guard let text = parameters.get("room"), let room = RoomID(text) else { throw .roomUnknown }
        return room
    }
}
