import CallList
import Hummingbird
import NIOCore
import RelayAPI
import Terms

/// What every request carries, before it is known who asks. No route takes it: see ``DeviceContext`` and ``OpenContext``.
struct RelayContext: RequestContext {
    /// As a middleware has found out.
    enum Caller: Sendable {
        case unknown
        /// Within what they may ask.
        case anybody(Relay.Caller)
        case device(Device)
    }

    var coreContext: CoreRequestContextStorage
    /// What the request came over.
    let channel: any Channel
    var caller = Caller.unknown
    var query = Query()

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}

/// A request of which it is known whom it counts for.
protocol CallerContext: RequestContext {
    var caller: Caller { get }
}

/// A request with a session: only ``AuthenticationMiddleware`` makes one possible.
struct DeviceContext: ChildRequestContext, CallerContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    let device: Device
    var caller: Caller { .device(device.id) }
    let query: Query

    init(context: RelayContext) throws {
        guard case .device(let device) = context.caller else { throw Problem.notAuthenticated }
        (coreContext, channel, query) = (context.coreContext, context.channel, context.query)
        self.device = device
    }
}

/// A request that anybody may make: only ``OpenRateMiddleware`` makes one possible.
struct OpenContext: ChildRequestContext, CallerContext {
    var coreContext: CoreRequestContextStorage
    let caller: Caller

    init(context: RelayContext) throws {
        guard case .anybody(let caller) = context.caller else { throw Problem.internalError }
        (coreContext, self.caller) = (context.coreContext, caller)
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

    /// The device that a request without a session says it is from: nothing rests on it but who goes first.
    static func device(of request: Request) -> DeviceID? {
        request.uri.queryParameters["device"].flatMap { DeviceID(String($0)) }
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
