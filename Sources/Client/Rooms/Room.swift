import CallList
import Foundation
import MLS
import Sodium
import Terms

/// One room, as this device works in it: founding, joining, taking in what was said, saying something, changing who is in
/// it, and its end. Each change of the vault is one transaction; between two of them the process may die.
struct Room: Sendable {
    let id: RoomID
    let own: OwnDevice

    init(_ id: RoomID, of own: OwnDevice) {
        self.id = id
        self.own = own
    }

    var vault: Vault { own.vault }
    var trust: Trust { own.trust }
    var reader: LogReader {
        LogReader(
            vault: vault, lists: own.lists, device: own.id, signer: own.keys.mls, healing: own.healing, now: own.now)
    }

    func head() throws -> RoomHead? { try vault.read { try $0.head(id) } }
    func cursor() throws -> UInt64? { try vault.read { try $0.position(in: id) }?.cursor }
    /// To the relay that keeps its log.
    func link() throws -> Link { try own.links.home(head()?.summary.homeRelay) }

    /// Whether a relay may say what the room's log has [R16].
    func isKept(by link: Link) throws -> Bool {
        try own.links.leads(link, to: head()?.summary.homeRelay)
    }

    /// A room that may be written to.
    /// - Parameter waiting: whether it may wait for the log to decide on a commit that this device cannot use [R4].
    /// - Throws: `unknownRoom`, `roomClosed`, `roomQuarantined`, `roomUndecided`.
    func writable(evenIf waiting: Bool = false, in db: VaultTransaction) throws -> (record: RoomRecord, group: Group) {
        let record = try record(in: db)
        if let reason = record.head.quarantined {
            throw ClientError(
                .roomQuarantined, "room \(id.short) is not safe to write to: \(reason)",
                hint: "ask a lead to remove and re-add this device")
        }
        guard !record.head.isForgotten else { throw forgotten }
        guard !record.head.closed, let group = record.group else { throw closed }
        if let index = record.order.waiting, !waiting {
            let commit = record.order.undecided[index]
            throw ClientError(
                .roomUndecided,
                "room \(id.short) waits: this device cannot use a change that \(trust.displayName(of: commit.author.device)) "
                    + "made, and who else can is still open",
                hint: "it goes on by itself, a minute after it was said so at the latest")
        }
        return (record, group)
    }

    /// A room's head, where it is not closed. Statements may go to a quarantined one, too: they are of no epoch.
    /// - Throws: `unknownRoom`, `roomClosed`.
    func openHead() throws -> RoomHead {
        guard let head = try head() else { throw unknown }
        guard !head.closed else { throw closed }
        guard !head.isForgotten else { throw forgotten }
        return head
    }

    private func record(in db: VaultTransaction) throws -> RoomRecord {
        guard let record = try db.record(id) else { throw unknown }
        return record
    }

    /// [R22]
    private var forgotten: ClientError {
        ClientError(
            .roomClosed, "room \(id.short) is forgotten: its relay went back in time and does not have it any more",
            hint:
                "what was said is still here; a lead goes on with: tocsin room reopen \(id.short); a page is sent again"
        )
    }
    private var closed: ClientError { ClientError(.roomClosed, "room \(id.short) is closed") }
    var unknown: ClientError { ClientError(.unknownRoom, "this device is not in room \(id.short)") }

    // MARK: Who is in it

    /// Members that the newest call list no longer has, or whose time is over [R2].
    func revokedMembers() throws -> [CommitFacts.Member] {
        guard let newest = own.lists.newest, let group = try vault.read({ try $0.record(id)?.group }) else { return [] }
        return trust.revoked(in: group, under: newest.list)
    }
}

extension Trust {
    /// Members of a group that a call list does not have, or whose time is over [R2].
    func revoked(in group: Group, under list: CallList) -> [CommitFacts.Member] {
        group.members.filter { member in
            guard let id = member.leaf.identity.flatMap({ DeviceID($0) }), let device = list.device(id) else {
                return true
            }
            return device.expires <= clocks.earliest || device.mlsKey.bytes != member.leaf.signatureKey
        }
    }
}
