/// Milliseconds since a page, or what it is kept in, was made. What lies beyond 64 bits is the most that they hold.
public struct Elapsed: Hashable, Comparable, Sendable {
    public let milliseconds: UInt64

    public static let zero = Elapsed(milliseconds: 0)

    public init(milliseconds: UInt64) { self.milliseconds = milliseconds }

    public init(seconds: UInt64) {
        let (milliseconds, isTooMuch) = seconds.multipliedReportingOverflow(by: 1000)
        self.milliseconds = isTooMuch ? .max : milliseconds
    }

    public static func < (a: Elapsed, b: Elapsed) -> Bool { a.milliseconds < b.milliseconds }

    public static func + (a: Elapsed, b: Elapsed) -> Elapsed {
        let (sum, isTooMuch) = a.milliseconds.addingReportingOverflow(b.milliseconds)
        return Elapsed(milliseconds: isTooMuch ? .max : sum)
    }

    /// What is missing until `self`; zero where that has passed.
    func distance(from earlier: Elapsed) -> Elapsed {
        Elapsed(milliseconds: milliseconds > earlier.milliseconds ? milliseconds - earlier.milliseconds : 0)
    }

    /// Whether so much has passed since `earlier`. Nothing has where that is still to come: room time may step back
    /// [R18].
    func isPast(_ span: Elapsed, since earlier: Elapsed) -> Bool {
        self >= earlier && milliseconds - earlier.milliseconds >= span.milliseconds
    }
}

/// The two readings of how long ago something was made, a page mostly [R18]. Each entry that a relay writes carries both. Escalation
/// goes by the most, expiry, closing and deletion by the least.
///
///     struct { uint64 most_ms; uint64 least_ms; } Readings;
public struct Readings: Hashable, Sendable {
    /// The most that can have passed.
    public let most: Elapsed
    /// The least that can have passed.
    public let least: Elapsed

    /// When the page was made.
    public static let zero = Readings(most: .zero, least: .zero)

    public init(most: Elapsed, least: Elapsed) {
        self.most = most
        self.least = least
    }

    /// How much of these has passed since `earlier`; nothing where that is still to come.
    public func since(_ earlier: Readings) -> Readings {
        Readings(most: most.distance(from: earlier.most), least: least.distance(from: earlier.least))
    }

    /// What can be said some time after these.
    /// - Parameters:
    ///   - monotonic: milliseconds that have passed since by the monotonic clock; nil where it says nothing, since the
    ///     program
    ///     was started again.
    ///   - wall: milliseconds that have passed since by the wall clock: less than none where that was set back.
    ///   - waiting: what waits by the most reading, from ``Page/waiting``. After a start with a wall clock behind these
    ///     readings nothing at all is known of how long it took: then what waits is due.
    public func passing(monotonic: UInt64?, wall: Int64, waiting: Elapsed?) -> Readings {
        let least = Elapsed(milliseconds: monotonic ?? 0)
        let most = max(least, Elapsed(milliseconds: UInt64(max(0, wall))))
        var reached = self.most + most
        if monotonic == nil, wall < 0, let waiting { reached = max(reached, waiting) }
        return Readings(most: reached, least: self.least + least)
    }
}
