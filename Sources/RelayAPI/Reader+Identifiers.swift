package import Terms
package import WireFormat

// Identifiers: 16 bytes, without a length before them.

extension Reader {
    package mutating func identifier<ID: Identifier16>(_ context: String) throws(WireError) -> ID {
        guard let id = ID(try fixed(ID.length, context)) else { throw WireError(.invalidValue, context) }
        return id
    }

    package mutating func identifiers<ID: Identifier16>(_ context: String) throws(WireError) -> [ID] {
        try vector(context) { (reader) throws(WireError) in try reader.identifier(context) }
    }
}

extension Writer {
    package mutating func identifier(_ id: some Identifier16) { fixed(id.bytes) }

    package mutating func identifiers(_ ids: [some Identifier16]) {
        vector { writer in for id in ids { writer.identifier(id) } }
    }
}
