import Client
import Terms

/// An alarm in words: what is so, what it means, what a person can do.
struct AlarmWords {
    /// One line.
    let what: String
    let means: String
    let advice: String
    private let alarm: Alarm

    init(_ alarm: Alarm, _ client: Client) {
        self.alarm = alarm
        let subject = alarm.subject
        let room = subject.room.map { "room \($0.short)" } ?? "a room that this device is not in"
        let page = subject.room.map { "page \($0.short)" } ?? "a page"
        let who: String =
            switch subject.party {
            case .device(let device): Sanitised.line(client.displayName(of: device))
            case .relay(let relay): "relay \(Sanitised.line(relay))"
            case nil: "somebody"
            }
        let relay = if case .relay = subject.party { who } else { "the relay" }
        let names = Names(who: who, relay: relay, room: room, page: page)
        what = Self.what(subject.cause, names)
        (means, advice) = Self.meaning(subject.cause, names)
    }

    /// Beside other output, for who sits there.
    var note: String {
        let often = alarm.count == 1 ? "" : ", \(alarm.count) times"
        return "ALARM \(alarm.number): \(what)\(often); see: tocsin alarms show \(alarm.number)"
    }

    private struct Names {
        let who, relay, room, page: String
    }

    private static func what(_ cause: AlarmCause, _ names: Names) -> String {
        let (who, relay, room, page) = (names.who, names.relay, names.room, names.page)
        switch cause {
        case .entriesLeftOut: return "\(relay) left out entries of \(room)"
        case .logBroken: return "\(relay)'s log of \(room) does not hold together"
        case .receiptBroken: return "\(relay) shows something else in \(room) than it signed a receipt for"
        case .receiptsWrong: return "\(relay)'s receipts for \(room) are not for what was sent"
        case .invalidEntry(let kind): return "\(who) posted \(kind.words) to \(room) that is not valid"
        case .unusableCommit: return "\(who) changed \(room) in a way that this device cannot follow"
        case .refusedAndTaken: return "\(relay) took a change of \(room) by this device that it had refused"
        case .faultedCommit: return "somebody in \(room) cannot follow a change that \(who) made"
        case .misattributed: return "\(relay) names a wrong author in \(room)"
        case .seenAhead: return "\(who) claims to have seen in \(room) what came later"
        case .twoHistories: return "two different histories of \(room): \(who) saw another than this device"
        case .timeSteppedBack: return "\(relay)'s clock was set back while \(room) went on"
        case .authorsClockDiffers: return "the clock of \(who) and that of \(relay) differ"
        case .saidClosed: return "\(relay) says that \(room) is closed, and nobody closed it"
        case .foreignRoom: return "\(relay) tells of \(room), which another relay keeps"
        case .roomUnreadable: return "\(room) cannot be read"
        case .acknowledgementTakenBack: return "\(relay) took back an acknowledgement of \(page) that stands"
        case .notDue(let timer): return "\(relay) did in \(page) what was not due: \(timer.words)"
        case .unseen: return "\(page) is over, and NOBODY acknowledged it"
        case .unclearedMember: return "\(who) was called by \(page), and is not cleared for it"
        case .pageWaits: return "a page waits here: nobody whom it calls can be reached"
        case .waitsForCallList: return "\(room) waits for a call list that the relay does not hand out"
        case .callListHeldBack: return "\(relay) holds back a call list that others have"
        case .otherCallList: return "\(who) has another call list of the same version than this device"
        case .callListsForked(let version): return "the officers signed two call lists \(version)"
        case .callListNotHandedOut: return "\(relay) claims to have a call list, and does not hand it out"
        case .callListRefused: return "\(relay) handed out a call list that is refused"
        case .callListNotTaken: return "\(relay) has an old call list, and does not take the newer one"
        case .welcomeUnusable: return "an invitation to \(room) cannot be used"
        case .welcomeRefused: return "an invitation to \(room) was refused"
        case .needlessWelcome: return "\(relay) has an invitation to \(room), which this device is in"
        case .addedAnew: return "this device was added anew to \(room)"
        case .foreignKeyPackage: return "\(relay) handed out somebody else's key package"
        case .outdatedKeyPackage: return "\(relay) handed out a key package that is not valid now"
        case .vaultWentBack: return "this device's vault is older than what the device sent"
        case .clocksDiffer: return "this device's clock and that of \(relay) differ"
        case .changeDropped: return "a change of \(room) was dropped"
        case .sendingDropped: return "something that was to be sent to \(room) was dropped"
        case .relayWentBack: return "\(relay) went back in time, and lost what came since"
        case .impostor: return "whoever answers is not the relay that the call list pins"
        case .relayMisbehaves: return "\(relay) does what the protocol does not have"
        }
    }

    private static func meaning(_ cause: AlarmCause, _ names: Names) -> (String, String) {
        let compare =
            "Do not rely on silence there. Telephone somebody who is in it, and compare what each of you reads."
        let (who, relay) = (names.who, names.relay)
        switch cause {
        case .entriesLeftOut, .logBroken, .receiptBroken, .receiptsWrong, .twoHistories:
            return (
                "\(relay), or whoever controls it, may show people different things. What is shown is signed by its "
                    + "authors; something may be missing.", compare
            )
        case .invalidEntry(let kind):
            let harm =
                kind == .timer
                ? "It counts for nothing."
                : "It was passed over and harms nothing. That \(who) posted it is the relay's word."
            return (harm, "Ask \(who), by telephone. A lead can remove a device that goes on: tocsin room remove.")
        case .unusableCommit:
            return (
                "This device has said so, and what it sends there waits. If nobody can follow it, it is passed over after a "
                    + "minute; if others go on from it, this device has lost its place there.",
                "Telephone \(who). Where it has lost its place, a lead gives it back; a lead's is given back by anybody: "
                    + "tocsin room add."
            )
        case .faultedCommit:
            return (
                "Either \(who) sent somebody else than you what cannot be used, or whoever says so does not tell the truth. "
                    + "The log decides whether the change counts.",
                "Telephone both. Whoever lost their place is added anew by a lead: tocsin room add."
            )
        case .refusedAndTaken:
            return (
                "\(relay) is broken or lies. This device went on from the change where it still could.",
                "Look at who is in the room. Where nothing can be sent there, have a lead remove and re-add this device."
            )
        case .misattributed: return ("\(relay) lies, or is broken. What it said counts for nothing.", compare)
        case .seenAhead: return ("The program of \(who), or the relay, is broken or lies.", compare)
        case .timeSteppedBack, .authorsClockDiffers:
            return (
                "The order of what was said is right; its times may be wrong.",
                "Compare with a watch, by telephone; whoever's is wrong sets it."
            )
        case .saidClosed: return ("What is known here stays. Nothing new can come in.", compare)
        case .foreignRoom:
            return (
                "What it says of the room was not read.", "Tell an officer: its call list may name the wrong relay."
            )
        case .roomUnreadable: return ("Other rooms go on.", "Ask a lead to remove and re-add this device.")
        case .acknowledgementTakenBack, .notDue:
            return (
                "\(relay) moved the page's calling by itself, against the page's rules. It is signed by it.",
                "Ask by telephone who has the page; page again through another way where nobody does."
            )
        case .unseen: return ("Nobody said that they act.", "Telephone those whom it called, and page again.")
        case .unclearedMember:
            return (
                "Whoever sent the page should have passed them over. They may have read it.",
                "Tell whoever sent it, and an officer where the clearance is to be another."
            )
        case .pageWaits:
            return (
                "It is kept here and tried again. So far it calls NOBODY.",
                "Telephone them; have one of their devices run tocsin status once."
            )
        case .waitsForCallList, .callListHeldBack, .callListNotHandedOut:
            return (
                "A newer list may remove or add people, and this device does not know it.",
                "Ask an officer for the newest: tocsin calllist import FILE."
            )
        case .otherCallList, .callListsForked:
            return (
                "Only one of them can be. A threshold of officers signed both, or somebody's vault is damaged.",
                "Tell each officer by voice, with both digests: tocsin calllist show. Use no new list until it is clear."
            )
        case .callListRefused:
            return ("The list in use stays in use.", "Tell an officer what was refused, and by which relay.")
        case .callListNotTaken:
            return (
                "People whom the newer list removes can still reach that relay.",
                "Have an officer publish it: tocsin calllist publish FILE; tell the relay's operator."
            )
        case .welcomeUnusable, .welcomeRefused:
            return (
                "If it was genuine, this device is missing from a room or a page.",
                "Ask who may have invited you; a lead can remove and add this device anew."
            )
        case .needlessWelcome:
            return ("It was refused: it might take this device back to what somebody else can read.", compare)
        case .addedAnew:
            return (
                "What was said between is not for this device.", "Ask a lead why, where you did not ask for it."
            )
        case .foreignKeyPackage:
            return (
                "It was not used, so nobody else can read. That device was not called.",
                "Telephone whoever has it; tell the relay's operator."
            )
        case .outdatedKeyPackage:
            return (
                "It was not used, and that device was not called. Or a clock is wrong: this device's or that one's.",
                "Compare clocks; have that device run tocsin status once."
            )
        case .clocksDiffer:
            return (
                "Nothing was deleted for it. Whose time is over, and what is late, may be shown wrongly.",
                "Compare both with a watch: set this one, or tell the relay's operator."
            )
        case .vaultWentBack:
            return (
                "The profile was restored from an older copy, or somebody else uses a copy of it. Nothing is sent to "
                    + "its rooms.",
                "If you restored nothing, tell an officer at once. Have a lead remove and re-add this device."
            )
        case .changeDropped: return ("It was not made.", "Look at who is in the room, and do it again.")
        case .sendingDropped: return ("Nobody read it.", "Say it again, where it still matters.")
        case .relayWentBack:
            return (
                "It was restored from a copy, or lies. Pages of this device's that nobody had are sent again; open rooms "
                    + "there cannot go on.",
                "Telephone those whom you paged today. Reopen the rooms that you lead: tocsin room reopen. "
                    + "Ask the relay's operator what happened."
            )
        case .impostor:
            return (
                "Somebody may be intercepting the connection, or the relay was set up anew. Nothing was sent to them.",
                "Ask an officer, by another way. What is to be sent is kept."
            )
        case .relayMisbehaves: return ("What it answered was not used.", "Tell its operator, and an officer.")
        }
    }
}

extension AlarmCause {
    /// In JSON; README lists them.
    var word: String {
        switch self {
        case .entriesLeftOut: "entries-left-out"
        case .logBroken: "log-broken"
        case .receiptBroken: "receipt-broken"
        case .receiptsWrong: "receipts-wrong"
        case .invalidEntry(let kind): "invalid-\(kind.rawValue)"
        case .unusableCommit: "unusable-commit"
        case .refusedAndTaken: "refused-and-taken"
        case .faultedCommit: "faulted-commit"
        case .misattributed: "misattributed"
        case .seenAhead: "seen-ahead"
        case .twoHistories: "two-histories"
        case .timeSteppedBack: "time-stepped-back"
        case .authorsClockDiffers: "authors-clock-differs"
        case .saidClosed: "said-closed"
        case .foreignRoom: "foreign-room"
        case .roomUnreadable: "room-unreadable"
        case .acknowledgementTakenBack: "ack-taken-back"
        case .notDue(.pageAgain): "not-due-page-again"
        case .notDue(.end): "not-due-end"
        case .notDue(.destroy): "not-due-destroy"
        case .unseen: "unseen"
        case .unclearedMember: "uncleared-member"
        case .pageWaits: "page-waits"
        case .waitsForCallList: "waits-for-calllist"
        case .callListHeldBack: "calllist-held-back"
        case .otherCallList: "other-calllist"
        case .callListsForked: "calllists-forked"
        case .callListNotHandedOut: "calllist-not-handed-out"
        case .callListRefused: "calllist-refused"
        case .callListNotTaken: "calllist-not-taken"
        case .welcomeUnusable: "invitation-unusable"
        case .welcomeRefused: "invitation-refused"
        case .needlessWelcome: "invitation-needless"
        case .addedAnew: "added-anew"
        case .foreignKeyPackage: "foreign-key-package"
        case .outdatedKeyPackage: "outdated-key-package"
        case .vaultWentBack: "vault-went-back"
        case .clocksDiffer: "clocks-differ"
        case .changeDropped: "change-dropped"
        case .sendingDropped: "sending-dropped"
        case .relayWentBack: "relay-went-back"
        case .impostor: "impostor"
        case .relayMisbehaves: "relay-misbehaves"
        }
    }
}

extension AlarmCause.EntryKind {
    /// For a person.
    fileprivate var words: String {
        switch self {
        case .commit: "a change"
        case .message: "a message"
        case .statement: "a statement"
        case .timer: "a word of its timers"
        case .fault: "a word of who cannot follow a change"
        case .leadStatement: "a statement about who leads"
        case .welcomeFailed: "a word of who was not reached"
        }
    }
}

extension AlarmCause.PageTimer {
    fileprivate var words: String {
        switch self {
        case .pageAgain: "paging again"
        case .end: "ending it"
        case .destroy: "destroying what was kept"
        }
    }
}
