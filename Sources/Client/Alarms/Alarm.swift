public import Terms

/// Something about Tocsin itself that this device is not sure of. It stays until a person closes it [R20].
public struct Alarm: Sendable, Hashable {
    /// Short, to be typed; never given to another alarm of this vault.
    public let number: Int
    public let subject: AlarmSubject
    /// What exactly was found the first time, in words of this program. It may quote what others said.
    public let detail: String
    /// When it was found, by this device's clock.
    public let first: Timestamp
    public let last: Timestamp
    /// How often.
    public let count: Int
    /// Nil while it is open.
    public let closing: AlarmClosing?
}

/// What an alarm is about. The same again counts the open alarm up; anything else is an alarm of its own, so that the
/// thousandth of a kind hides nothing.
///
/// A hostile relay or member must not choose what tells two alarms apart, or each of its lies would make one: what it can
/// make up goes into the detail. So `room` is one that this device has, and a party one of the room's or the call list's.
public struct AlarmSubject: Sendable, Hashable, Codable {
    public let cause: AlarmCause
    public let room: RoomID?
    /// Whose doing it is, as far as that is known; of two histories, who saw the other one.
    public let party: AlarmParty?

    init(_ cause: AlarmCause, room: RoomID? = nil, by party: AlarmParty? = nil) {
        self.cause = cause
        self.room = room
        self.party = party
    }
}

/// Who has to do with an alarm.
public enum AlarmParty: Sendable, Hashable, Codable {
    /// Where only the relay says so, it is the relay's word: see ``AlarmCause/invalidEntry(_:)``.
    case device(DeviceID)
    /// By its id on the call list.
    case relay(String)
}

/// That a person looked at an alarm and was done with it.
public struct AlarmClosing: Sendable, Hashable, Codable {
    /// Most bytes of a reason, as UTF-8.
    public static let reasonBytes = 1_000

    public let reason: String
    /// The device at which it was closed.
    public let by: DeviceID
    public let at: Timestamp
}

/// Why there is an alarm.
public enum AlarmCause: Sendable, Hashable, Codable {
    // MARK: A room's log

    /// The relay shows entries without those before them.
    case entriesLeftOut
    /// The relay's chain over the log is not the one of its entries.
    case logBroken
    /// An entry is not what the relay signed a receipt for.
    case receiptBroken
    /// The receipts for a new room are not for what was sent.
    case receiptsWrong
    /// An entry that is not valid, and was passed over [R3]. That its poster posted it is the relay's word.
    case invalidEntry(EntryKind)
    /// A change that is valid as far as all can see, and that this device cannot use: others may have gone on from it.
    case unusableCommit
    /// A relay took a change of this device's that it had refused.
    case refusedAndTaken
    /// Somebody cannot use a change that another made: the change's author may have made it so, or whoever says so may lie [R4].
    case faultedCommit
    /// The relay says that somebody posted what another one made, or nobody did.
    case misattributed
    /// An author claims to have seen what came later.
    case seenAhead
    /// An author was shown another past of the room than this device.
    case twoHistories
    /// The relay's clock was set back by minutes or more while the room's log grew [R18].
    case timeSteppedBack
    /// An author's clock and the relay's differ by minutes or more [R18].
    case authorsClockDiffers
    /// The relay says that a room is closed that nobody closed [R12].
    case saidClosed
    /// A relay tells of a room that another one keeps [R16].
    case foreignRoom
    /// A room cannot be read, while others can.
    case roomUnreadable

    // MARK: Pages

    /// The relay made void the acknowledgement of somebody who is listed.
    case acknowledgementTakenBack
    /// The relay's timers did what was not due.
    case notDue(PageTimer)
    /// A page is over that nobody acknowledged [R12].
    case unseen
    /// Whoever has the device was called by a page without being cleared for it [R14].
    case unclearedMember
    /// A page waits here: nobody can be called.
    case pageWaits

    // MARK: Call lists

    /// A room waits for a call list that the relay does not hand out [R1].
    case waitsForCallList
    /// Somebody knows a newer call list than the relay hands out.
    case callListHeldBack
    /// Somebody has another call list of the same version.
    case otherCallList
    /// The officers signed two lists of which only one can be; both are kept.
    case callListsForked(version: UInt64)
    /// A relay claims to have a call list that it does not hand out.
    case callListNotHandedOut
    /// A relay handed out a call list that is refused.
    case callListRefused
    /// A relay is behind and does not take the newer list.
    case callListNotTaken

    // MARK: Coming into rooms

    /// An invitation that this device cannot use.
    case welcomeUnusable
    /// An invitation that this device does not accept.
    case welcomeRefused
    /// An invitation to a room that this device is in.
    case needlessWelcome
    /// This device was removed from a room and added anew without seeing it [R8].
    case addedAnew
    /// A relay handed out a key package that is not the device's own.
    case foreignKeyPackage
    /// A relay handed out a key package that is not valid now.
    case outdatedKeyPackage

    // MARK: This device

    /// The vault is older than what this device sent [R7].
    case vaultWentBack
    /// This device's clock and a relay's differ by minutes or more [R18].
    case clocksDiffer
    /// A change of a room was dropped: it is to be done again.
    case changeDropped
    /// Something that was to be sent was dropped.
    case sendingDropped

    // MARK: Relays

    /// A relay is behind what it has signed, or lost its rooms because it was [R22].
    case relayWentBack

    /// Whoever answers is not the relay that the call list pins.
    case impostor
    /// The relay does what the protocol does not have.
    case relayMisbehaves

    public enum EntryKind: String, Sendable, Hashable, Codable, CaseIterable {
        case commit, message, statement, timer, fault
        case leadStatement = "lead-statement"
        case welcomeFailed = "welcome-failed"
    }

    public enum PageTimer: String, Sendable, Hashable, Codable, CaseIterable {
        case pageAgain, end, destroy
    }
}
