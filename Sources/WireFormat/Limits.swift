extension Reader {
    /// What a reader takes at most, whatever the input claims. Its memory is bounded by the input anyway; these bound
    /// its stack, and refuse early what an application would refuse later.
    public struct Limits: Hashable, Sendable {
        /// Vectors and optionals within one another. A structure that contains itself in another way must be read
        /// through ``Reader/nested(_:_:)``, so that no input can exhaust the stack.
        public let depth: Int
        /// Bytes of one vector.
        public let vectorLength: Int

        /// 32 levels, which is more than any format of RFC 9420 has, and vectors as long as RFC 9420 §2.1.2 can
        /// express.
        public static let standard = Limits()

        /// - Parameters:
        ///   - depth: levels of vectors and optionals.
        ///   - vectorLength: bytes of one vector.
        public init(depth: Int = 32, vectorLength: Int = Writer.maximumVectorLength) {
            self.depth = depth
            self.vectorLength = vectorLength
        }
    }
}
