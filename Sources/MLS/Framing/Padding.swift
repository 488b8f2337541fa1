/// How far a PrivateMessage's content is padded with zeros (§6.3.1), so that its size tells less.
public struct PaddingPolicy: Hashable, Sendable {
    private let smallest: Int
    private let largestDoubling: Int

    /// No padding.
    public static let none = PaddingPolicy(smallest: 0, largestDoubling: 0)
    /// Up to the next power of two from 256 bytes to 16 KiB, then to the next multiple of 16 KiB.
    public static let buckets = PaddingPolicy(smallest: 256, largestDoubling: 16 << 10)

    /// The padded size of `count` bytes.
    func paddedLength(of count: Int) -> Int {
        guard smallest > 0 else { return count }
        guard count <= largestDoubling else {
            return (count + largestDoubling - 1) / largestDoubling * largestDoubling
        }
        var size = smallest
        while size < count { size *= 2 }
        return size
    }
}
