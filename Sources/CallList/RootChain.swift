public import Terms

/// The roots from the pinned one to the newest, each signed by the thresholds of its own officers and of those before it: so
/// who pins an old root follows by themselves, over any number of rotations.
public struct RootChain: Sendable, Hashable {
    /// The pinned one first; the others one version after the other.
    public let roots: [TrustedRoot]
    public let newest: TrustedRoot

    /// - Parameter envelopes: oldest first. Those up to the pinned one's version are passed over: the pin stands for them.
    /// - Throws: `malformed`, `rootSkipped`, `notSigned`.
    public init(from pinned: TrustedRoot, through envelopes: [[UInt8]] = []) throws(CallListError) {
        var roots = [pinned]
        var newest = pinned
        for envelope in envelopes {
            let next = try UnverifiedRoot(decoding: envelope)
            guard next.version > pinned.version else { continue }
            newest = try TrustedRoot(verifying: envelope, after: newest)
            roots.append(newest)
        }
        (self.roots, self.newest) = (roots, newest)
    }

    /// The root of that version, where it is one of these.
    public subscript(version version: UInt64) -> TrustedRoot? { roots.first { $0.version == version } }

    /// Whether the roots of `earlier` are the first of these: both begin with the same pin.
    func goesOn(from earlier: RootChain) -> Bool {
        roots.map(\.digest).starts(with: earlier.roots.map(\.digest))
    }
}
