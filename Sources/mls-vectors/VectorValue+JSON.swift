import Foundation
import MLS

extension VectorValue {
    /// From what JSONSerialization gives. What no vector holds (fractions, booleans) becomes null.
    init(json: Any) {
        switch json {
        case let text as String: self = .string(text)
        case let number as NSNumber: self = .number(number.uint64Value)
        case let array as [Any]: self = .array(array.map { VectorValue(json: $0) })
        case let object as [String: Any]: self = .object(object.mapValues { VectorValue(json: $0) })
        default: self = .null
        }
    }
}
