import MLS
import Sodium
import Terms

/// A pending commit: the bytes to post, and the state to go on with once the log has them.
struct PendingPost: Sendable {
    let event: EventID
    let payloadHash: [UInt8]
    /// An encoded ``EntryPost``.
    let post: [UInt8]
    let next: Group

    static func hash(_ payload: [UInt8]) -> [UInt8] { SHA256.hash(payload) }
}
