internal import Dispatch
internal import Synchronization

/// Work on many values that do not depend on each other, on all processors: signatures of a tree's leaves, encryption to
/// a large resolution, a Welcome's secrets.
enum Parallel {
    /// Fewer values than this are not worth waking another thread for.
    private static let threshold = 8
    /// Values that one thread takes at a time.
    private static let chunk = 4

    /// - Throws: the error of one value that has one, where any has.
    static func forEach<T: Sendable>(
        _ values: [T], _ body: @Sendable (T) throws(MLSError) -> Void
    ) throws(MLSError) {
        _ = try map(values) { (value) throws(MLSError) -> Bool in
            try body(value)
            return true
        }
    }

    /// The results in the values' order.
    /// - Throws: the error of one value that has one, where any has.
    static func map<T: Sendable, R: Sendable>(
        _ values: [T], _ body: @Sendable (T) throws(MLSError) -> R
    ) throws(MLSError) -> [R] {
        guard values.count >= threshold else {
            var results: [R] = []
            results.reserveCapacity(values.count)
            for value in values { results.append(try body(value)) }
            return results
        }
        let collected = Mutex<(results: [R?], error: MLSError?)>(([R?](repeating: nil, count: values.count), nil))
        withoutActuallyEscaping(body) { body in
            DispatchQueue.concurrentPerform(iterations: (values.count + chunk - 1) / chunk) { part in
                let range = part * chunk..<min((part + 1) * chunk, values.count)
                do throws(MLSError) {
                    var results: [R] = []
                    for index in range { results.append(try body(values[index])) }
                    collected.withLock { state in
                        for (index, result) in zip(range, results) { state.results[index] = result }
                    }
                } catch {
                    collected.withLock { $0.error = error }
                }
            }
        }
        let (results, error) = collected.withLock { $0 }
        if let error { throw error }
        return results.compactMap { $0 }
    }
}
