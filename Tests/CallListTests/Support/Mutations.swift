import TestTeam

/// One change of a document, by what was changed.
struct Mutation {
    let what: String
    let value: JSONValue

    /// Every leaf changed in several ways, every member and element taken out, doubled, swapped or put where another of its name
    /// stands, and something unknown put into every object.
    static func all(of tree: JSONValue, random: inout SplitMix64) -> [Mutation] {
        let places = tree.paths.filter { !$0.isEmpty }
        return ([[]] + places).flatMap { path in
            variants(of: tree, at: path, places: places, random: &random).compactMap { name, value in
                var changed = tree
                changed[path] = value
                guard changed != tree else { return nil }
                let place = path.map(\.description).joined(separator: ".")
                return Mutation(what: "\(place.isEmpty ? "all" : place): \(name)", value: changed)
            }
        }
    }

    private static func variants(
        of tree: JSONValue, at path: JSONValue.Path, places: [JSONValue.Path], random: inout SplitMix64
    ) -> [(String, JSONValue?)] {
        var variants: [(String, JSONValue?)] = path.isEmpty ? [] : [("taken out", nil)]
        // One of the same name elsewhere: another's key, id, time.
        let namesakes = places.filter { $0 != path && $0.last == path.last && $0.count == path.count }
        if let other = namesakes.randomElement(using: &random) { variants.append(("another's", tree[other])) }
        switch tree[path] {
        case .string(let text):
            variants.append(("empty", .string("")))
            for (name, index) in [("first character", 0), ("last character", text.count - 1)] where index >= 0 {
                variants.append((name, .string(changed(text, at: index))))
            }
            if let index = text.indices.randomElement(using: &random) {
                variants.append(
                    ("a character", .string(changed(text, at: text.distance(from: text.startIndex, to: index)))))
            }
        case .number(let number):
            variants += [("one more", .number(number + 1)), ("zero", .number(0)), ("huge", .number(4_000_000_000))]
        case .bool(let value): variants.append(("not", .bool(!value)))
        case .array(let elements):
            if let first = elements.first { variants.append(("doubled", .array([first] + elements))) }
            variants.append(("turned round", .array(elements.reversed())))
            variants.append(("emptied", .array([])))
        case .object(var members):
            members["unknown"] = .number(1)
            variants.append(("something unknown", .object(members)))
        case .null, nil: break
        }
        return variants
    }

    /// Another character of its kind.
    private static func changed(_ text: String, at index: Int) -> String {
        var characters = Array(text)
        guard characters.indices.contains(index) else { return text }
        let kinds: [[Character]] = [
            Array("0123456789"), Array("abcdefghijklmnopqrstuvwxyz"), Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        ]
        let kind = kinds.first { $0.contains(characters[index]) } ?? Array("xy")
        let place = kind.firstIndex(of: characters[index]) ?? 1
        characters[index] = kind[(place + 1) % kind.count]
        return String(characters)
    }
}
