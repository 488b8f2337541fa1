import CallList
import RelayAPI
import Terms

/// Call lists on their way to and from relays.
extension Trust {
    /// Fetches what is newer than the newest list known here, version by version. A relay that does not have what it
    /// claims, or hands out what is refused, is an alarm and no more: what is known here goes on working.
    func fetch(upTo version: UInt64, from link: Link) async throws {
        try refresh()
        while let current = lists.newest?.list, current.version < version {
            do {
                // Another process may have taken it in meanwhile: what counts is what was handed out.
                let list = try take(try await link.callList(version: current.version + 1)).list
                guard list.version == current.version + 1 else {
                    return try raise(
                        .callListNotHandedOut, link, "it claims \(version), and hands out one that is known here")
                }
            } catch let problem as Problem {
                guard problem.code == .unknownRoute else { throw problem }
                return try raise(
                    .callListNotHandedOut, link, "it claims \(version), and does not hand out \(current.version + 1)")
            } catch let error as ClientError {
                guard error.code == .callListRefused else { throw error }
                return try raise(.callListRefused, link, error.reason)
            }
        }
    }

    /// Hands the relay the lists that it lacks, in order: a revocation that was published while the relay was down must not
    /// be forgotten.
    /// - Returns: whether it has the newest that is known here now.
    func offer(after version: UInt64, to link: Link) async throws -> Bool {
        var version = version
        while let newest = lists.newest?.list.version, version < newest {
            guard let next = lists.list(version: version + 1) else { return false }
            try await link.publish(callList: next.bundleBytes)
            version += 1
        }
        return true
    }

    /// As ``offer(after:to:)`` in passing: where it does not work, all else goes on, and a person hears of it.
    func offerQuietly(after version: UInt64, to link: Link) async throws {
        do {
            guard try await !offer(after: version, to: link) else { return }
        } catch is Problem {
            // Refused, or not now.
        }
        guard let newest = lists.newest?.list.version else { return }
        try raise(.callListNotTaken, link, "it has \(version), and this device \(newest)")
    }

    private func raise(_ cause: AlarmCause, _ link: Link, _ detail: String) throws {
        try raise(AlarmSubject(cause, by: .relay(link.endpoint.id)), detail)
    }
}
