/// The tree hashes of a tree's nodes that are known, in one piece of memory, so that a copy of a tree costs little.
struct TreeHashes: Sendable {
    private let length: Int
    private var bytes: [UInt8]
    private var isKnown: [Bool]

    init(width: Int, length: Int) {
        self.length = length
        bytes = [UInt8](repeating: 0, count: width * length)
        isKnown = [Bool](repeating: false, count: width)
    }

    subscript(node: NodeIndex) -> [UInt8]? {
        get {
            let index = Int(node.value)
            guard index < isKnown.count, isKnown[index] else { return nil }
            return Array(bytes[index * length..<(index + 1) * length])
        }
        set {
            let index = Int(node.value)
            guard index < isKnown.count else { return }
            guard let newValue, newValue.count == length else {
                isKnown[index] = false
                return
            }
            isKnown[index] = true
            for (offset, byte) in newValue.enumerated() { bytes[index * length + offset] = byte }
        }
    }

    mutating func resize(width: Int) {
        if width > isKnown.count {
            bytes.append(contentsOf: repeatElement(0, count: width * length - bytes.count))
            isKnown.append(contentsOf: repeatElement(false, count: width - isKnown.count))
        } else {
            bytes.removeLast(bytes.count - width * length)
            isKnown.removeLast(isKnown.count - width)
        }
    }
}
