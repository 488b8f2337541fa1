import Foundation

/// Any JSON, to be changed place by place.
indirect enum JSONValue: Codable, Equatable {
    case object([String: JSONValue])
    case array([JSONValue])
    case string(String)
    case number(Int64)
    case bool(Bool)
    case null

    /// A way down to a place: names and indices.
    typealias Path = [Step]
    enum Step: Hashable, CustomStringConvertible {
        case name(String)
        case index(Int)

        var description: String {
            switch self {
            case .name(let name): name
            case .index(let index): String(index)
            }
        }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .object(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .bool(let value): try container.encode(value)
        case .null: try container.encodeNil()
        }
    }

    /// Every place, this one first.
    var paths: [Path] {
        switch self {
        case .object(let members):
            [[]] + members.keys.sorted().flatMap { name in members[name]?.paths.map { [.name(name)] + $0 } ?? [] }
        case .array(let elements):
            [[]] + elements.enumerated().flatMap { index, element in element.paths.map { [.index(index)] + $0 } }
        default: [[]]
        }
    }

    subscript(path: Path) -> JSONValue? {
        get {
            guard let step = path.first else { return self }
            let rest = Array(path.dropFirst())
            switch (self, step) {
            case (.object(let members), .name(let name)): return members[name]?[rest]
            case (.array(let elements), .index(let index)):
                return elements.indices.contains(index) ? elements[index][rest] : nil
            default: return nil
            }
        }
        set {
            guard let step = path.first else {
                self = newValue ?? .null
                return
            }
            let rest = Array(path.dropFirst())
            switch (self, step) {
            case (.object(var members), .name(let name)):
                if rest.isEmpty { members[name] = newValue } else { members[name]?[rest] = newValue }
                self = .object(members)
            case (.array(var elements), .index(let index)) where elements.indices.contains(index):
                if rest.isEmpty, newValue == nil {
                    elements.remove(at: index)
                } else {
                    elements[index][rest] = newValue
                }
                self = .array(elements)
            default: break
            }
        }
    }
}
