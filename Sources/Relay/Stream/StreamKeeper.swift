import ServiceLifecycle

/// Keeps streams alive through what sits between relay and client, lets both sides notice a dead connection, and cuts off
/// devices whose time is over.
struct StreamKeeper: Service, CustomStringConvertible {
    let relay: RelayCore
    static let interval = Duration.seconds(15)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: Self.interval)) != nil { relay.keepStreams() }
        }
    }

    var description: String { "StreamKeeper" }
}
