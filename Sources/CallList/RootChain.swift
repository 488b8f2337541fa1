public import Terms

/// The roots from the pinned one to the newest, each signed by the thresholds of its own officers and of those before it: so
/// who pins an old root follows by themselves, over any number of rotations. What leads to the pinned root is part of the chain, too.
public struct RootChain: Sendable, Hashable {
    /// The pinned one first; the others one version after the other.
    public let roots: [TrustedRoot]
    public let newest: TrustedRoot

    /// - Parameter envelopes: oldest first, one version after the other. Of those up to the pinned one's version only digests are
    ///   looked at: each is made from the one before, and that of the pinned version is the pinned one, which stands for them.
    /// - Throws: `malformed`, `rootSkipped`, `wrongRoot`, `notSigned`.
    public init(from pinned: TrustedRoot, through envelopes: [[UInt8]] = []) throws(CallListError) {
        var roots = [pinned]
        var newest = pinned
        var last: UnverifiedRoot?
        for envelope in envelopes {
            let next = try UnverifiedRoot(decoding: envelope)
            if let last { try Self.check(next, follows: last) }
            if next.version > pinned.version {
                newest = try TrustedRoot(verifying: envelope, after: newest)
                roots.append(newest)
            }
            guard next.version != pinned.version || next.digest == pinned.digest else {
                throw CallListError(
                    .wrongRoot, "root \(next.version) here is another than the pinned one",
                    hint: "compare the digests with an officer by voice: tocsin root show FILE")
            }
            last = next
        }
        if let last, last.version < pinned.version {
            throw CallListError(.wrongRoot, "these roots end with \(last.version), before the pinned \(pinned.version)")
        }
        (self.roots, self.newest) = (roots, newest)
    }

    /// The root of that version, where it is one of these.
    public subscript(version version: UInt64) -> TrustedRoot? { roots.first { $0.version == version } }

    private static func check(_ next: UnverifiedRoot, follows last: UnverifiedRoot) throws(CallListError) {
        guard last.version < .max, next.version == last.version + 1, next.previous == last.digest else {
            throw CallListError(
                .rootSkipped, "root \(next.version) does not follow root \(last.version)",
                hint: "each root is made from the one before it: tocsin root rotate")
        }
    }

    /// Whether the roots of `earlier` are the first of these: both begin with the same pin.
    func goesOn(from earlier: RootChain) -> Bool {
        roots.map(\.digest).starts(with: earlier.roots.map(\.digest))
    }
}
