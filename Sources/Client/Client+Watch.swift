import Terms

extension Client {
    /// Catches up and then follows the relay's stream for as long as the sequence is read; reconnects by itself.
    /// - Parameter all: also tells what was known before.
    public func watch(all: Bool = false) -> AsyncStream<WatchEvent> {
        AsyncStream { continuation in
            let task = Task { [own] in
                do {
                    var watch = try Watch(own: own, all: all) { continuation.yield($0) }
                    await watch.run()
                } catch {
                    continuation.yield(.failed(error as? ClientError ?? ClientError(.internalError, "\(error)")))
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}
