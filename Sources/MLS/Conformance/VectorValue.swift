import Sodium

/// A value of a JSON test vector. The checks in this folder take it instead of Foundation's types, which this module does
/// not import; the tool `mls-vectors` and the tests make it from a file.
package indirect enum VectorValue: Sendable {
    case null
    case number(UInt64)
    case string(String)
    case array([VectorValue])
    case object([String: VectorValue])
}

/// What a vector says and this library does not do.
package struct VectorFailure: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

/// How one case came out.
package enum VectorOutcome: Sendable {
    case passed
    case failed(String)
    /// Of a cipher suite that this library does not have.
    case unsupported
}

extension VectorValue {
    subscript(_ key: String) -> VectorValue {
        get throws {
            guard case .object(let fields) = self, let value = fields[key] else {
                throw VectorFailure("no field \(key)")
            }
            return value
        }
    }

    func has(_ key: String) -> Bool {
        guard case .object(let fields) = self else { return false }
        return fields[key] != nil
    }

    var isNull: Bool {
        if case .null = self { return true }
        return false
    }

    var elements: [VectorValue] {
        get throws {
            guard case .array(let elements) = self else { throw VectorFailure("no array") }
            return elements
        }
    }

    var text: String {
        get throws {
            guard case .string(let text) = self else { throw VectorFailure("no string") }
            return text
        }
    }

    var bytes: [UInt8] {
        get throws {
            guard let bytes = Hexadecimal.decode(try text.lowercased()) else { throw VectorFailure("no hexadecimal") }
            return bytes
        }
    }

    var secret: SecretBytes { get throws { SecretBytes(try bytes) } }

    /// A number that fits what it is wanted as.
    func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) throws -> T {
        guard case .number(let number) = self else { throw VectorFailure("no number") }
        guard let integer = T(exactly: number) else { throw VectorFailure("the number \(number) is too large") }
        return integer
    }

    /// The elements of an array that must have `count` of them.
    func elements(count: Int) throws -> [VectorValue] {
        let elements = try elements
        try require(elements.count == count, "an array of \(elements.count) instead of \(count)")
        return elements
    }

    var leaf: LeafIndex {
        get throws {
            let index = try integer(UInt32.self)
            try require(index < Limits.leaves, "a leaf index of \(index)")
            return LeafIndex(index)
        }
    }

    var node: NodeIndex { get throws { NodeIndex(try integer()) } }
    var optionalNode: NodeIndex? { get throws { isNull ? nil : try node } }
}

func require(_ condition: Bool, _ what: String) throws {
    guard condition else { throw VectorFailure(what) }
}

func require(_ secret: SecretBytes, is expected: VectorValue, _ what: String) throws {
    try require(secret.constantTimeEquals(try expected.secret), what)
}
