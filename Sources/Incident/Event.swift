public import Foundation
public import Terms

/// What members put in a room: the JSON inside an MLS application message (DESIGN §7).
public struct Event: Codable, Sendable, Hashable {
    public static let version = 1

    /// The format's version, 1.
    public let v: Int
    public let id: EventID
    /// The author's clock, in milliseconds since 1970.
    public let at: Timestamp
    public let tlp: TLP
    public let content: EventContent
    /// Where the log stood for the author at encryption: a reader whose chain differs at `seq` has been lied to.
    public let seen: Seen
    /// The highest call list that the author knows: a relay that serves less is an alarm.
    public let callList: CallListMark

    public struct Seen: Codable, Sendable, Hashable {
        public let seq: UInt64
        /// The epoch chain at `seq`, 32 bytes.
        public let chain: Data
        public init(seq: UInt64, chain: Data) {
            self.seq = seq
            self.chain = chain
        }
    }

    public struct CallListMark: Codable, Sendable, Hashable {
        public let version: UInt64
        /// Hexadecimal SHA-256 of the payload.
        public let digest: String
        public init(version: UInt64, digest: String) {
            self.version = version
            self.digest = digest
        }
    }

    public init(
        id: EventID, at: Timestamp, tlp: TLP, content: EventContent, seen: Seen, callList: CallListMark
    ) {
        v = Self.version
        self.id = id
        self.at = at
        self.tlp = tlp
        self.content = content
        self.seen = seen
        self.callList = callList
    }

    private enum CodingKeys: String, CodingKey { case v, id, at, type, tlp, body, seen, calllist }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        v = try container.decode(Int.self, forKey: .v)
        guard v == Self.version else {
            throw DecodingError.dataCorruptedError(
                forKey: .v, in: container, debugDescription: "this program knows event format 1")
        }
        id = try container.decode(EventID.self, forKey: .id)
        at = try container.decode(Timestamp.self, forKey: .at)
        tlp = try container.decode(TLP.self, forKey: .tlp)
        seen = try container.decode(Seen.self, forKey: .seen)
        callList = try container.decode(CallListMark.self, forKey: .calllist)
        let type = try container.decode(String.self, forKey: .type)
        switch type {
        case "page": content = .page(try container.decode(PageNotice.self, forKey: .body))
        case "repeat": content = .pageRepeat(try container.decode(PageRepeat.self, forKey: .body))
        case "resolve": content = .resolve(try container.decode(Resolution.self, forKey: .body))
        case "incident": content = .incident(try container.decode(IncidentOpening.self, forKey: .body))
        case "note": content = .note(try container.decode(Note.self, forKey: .body))
        case "file": content = .file(try container.decode(FileContent.self, forKey: .body))
        default: content = .unknown(type: type)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(v, forKey: .v)
        try container.encode(id, forKey: .id)
        try container.encode(at, forKey: .at)
        try container.encode(content.type, forKey: .type)
        try container.encode(tlp, forKey: .tlp)
        try container.encode(seen, forKey: .seen)
        try container.encode(callList, forKey: .calllist)
        switch content {
        case .page(let body): try container.encode(body, forKey: .body)
        case .pageRepeat(let body): try container.encode(body, forKey: .body)
        case .resolve(let body): try container.encode(body, forKey: .body)
        case .incident(let body): try container.encode(body, forKey: .body)
        case .note(let body): try container.encode(body, forKey: .body)
        case .file(let body): try container.encode(body, forKey: .body)
        case .unknown: break
        }
    }
}

/// An event's type and body.
public enum EventContent: Sendable, Hashable {
    case page(PageNotice)
    case pageRepeat(PageRepeat)
    case resolve(Resolution)
    case incident(IncidentOpening)
    case note(Note)
    case file(FileContent)
    /// Of a later version of this program: kept, and shown as such.
    case unknown(type: String)

    public var type: String {
        switch self {
        case .page: "page"
        case .pageRepeat: "repeat"
        case .resolve: "resolve"
        case .incident: "incident"
        case .note: "note"
        case .file: "file"
        case .unknown(let type): type
        }
    }

    /// Page rooms hold structured notices only; talk belongs in an incident room [R10]. What is unknown may be a notice of
    /// a later version, so it is kept.
    public var isAllowedInPageRoom: Bool {
        switch self {
        case .page, .pageRepeat, .resolve, .unknown: true
        case .incident, .note, .file: false
        }
    }
}
