import MLS
import RelayAPI
import Terms
import WireFormat

/// The clear header that a commit came with is the one that its author signed, and says just what the commit does [R3]. The
/// relay acts on the header, which is all that it can read.
enum HeaderRule {
    /// - Parameter signed: the commit's `authenticated_data`.
    static func check(_ header: CommitHeader, signed: [UInt8], for change: RoomChange) throws(Rejection) {
        guard signed == header.encoded else {
            throw Rejection("a commit's header is not the one that was signed [R3]")
        }
        let adds = try Set(change.added.map { (leaf) throws(Rejection) in try leaf.deviceID() })
        let removes = try Set(change.removed.map { (leaf) throws(Rejection) in try leaf.deviceID() })
        guard Set(header.adds) == adds, Set(header.removes) == removes,
            header.callListVersion == change.after.pin.version, header.callListDigest == change.after.pin.digest
        else { throw Rejection("a commit does something else than its header says [R3]") }
    }
}
