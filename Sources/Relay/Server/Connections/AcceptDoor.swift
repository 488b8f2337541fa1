import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// Keeps the listening socket shut until its guard stands: between binding and that no connection is accepted, and so none goes
/// uncounted.
final class AcceptDoor: AvailableConnectionsDelegate {
    private let isOpen = Mutex(false)

    func connectionOpened() {}
    func connectionClosed() {}
    func isAcceptingNewConnections() -> Bool { isOpen.withLock { $0 } }

    /// Puts the guard before everything else, and begins to accept.
    func open(_ channel: any Channel, connections: Connections, logger: Logger) async {
        let isGuarded: Void? = try? await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(
                AcceptGuard(connections: connections, logger: logger), position: .first)
        }.get()
        // It is closed already: the relay is told to end.
        guard isGuarded != nil else { return }
        isOpen.withLock { $0 = true }
        channel.read()
    }
}
