import MLS
import RelayAPI
import Terms
import WireFormat

/// The clear header that a commit came with is the one that its author signed, and says just what the commit does [R3]. The
/// relay acts on the header, which is all that it can read.
enum HeaderRule {
    /// - Parameters:
    ///   - signed: the commit's `authenticated_data`.
    ///   - parent: the number of the commit that began the epoch.
    static func check(
        _ header: CommitHeader, signed: [UInt8], for change: RoomChange, parent: UInt64
    ) throws(Rejection) {
        guard signed == header.encoded else {
            throw Rejection("a commit's header is not the one that was signed [R3]")
        }
        let (adds, removes) = (try change.addedDevices(), try change.removedDevices())
        // Leads are named where they change, and only there.
        let leads = try change.keepsLeads() ? nil : change.after.leads
        let takes = try change.takesLead()
        guard header.parent == parent, Set(header.adds) == adds, Set(header.removes) == removes, header.leads == leads,
            header.takes == takes,
            header.callListVersion == change.after.pin.version, header.callListDigest == change.after.pin.digest
        else { throw Rejection("a commit does something else than its header says [R3]") }
    }
}
