/// The vault's tables. Migrations are numbered and, once released, frozen.
enum VaultSchema {
    static let migrations = [first]

    /// `sealed` columns hold values sealed under the vault key.
    private static let first = """
        CREATE TABLE header (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            document BLOB NOT NULL
        );
        -- Device keys, pinned root, enrolment request.
        CREATE TABLE identity (
            name TEXT PRIMARY KEY,
            sealed BLOB NOT NULL
        );
        CREATE TABLE call_lists (
            digest TEXT PRIMARY KEY,
            version INTEGER NOT NULL UNIQUE,
            -- Whether a person was told what it changes.
            told INTEGER NOT NULL,
            sealed BLOB NOT NULL
        );
        CREATE INDEX untold_call_lists ON call_lists (version) WHERE told = 0;
        -- Signed by the officers and yet not fitting those in use: proof that somebody signed a fork.
        CREATE TABLE forked_call_lists (
            digest TEXT PRIMARY KEY,
            sealed BLOB NOT NULL
        );
        -- The farthest that each relay has signed it had come, and when that was kept here, in milliseconds since 1970 [R22].
        CREATE TABLE relays (
            relay TEXT PRIMARY KEY,
            at INTEGER NOT NULL,
            proof BLOB NOT NULL
        );
        -- Pages that this device made and that nobody whom they call is known to have: made again where their relay lost them.
        CREATE TABLE kept_pages (
            room BLOB PRIMARY KEY REFERENCES rooms (room),
            relay TEXT NOT NULL,
            -- In whose life the relay accepted it.
            generation BLOB NOT NULL,
            sealed BLOB NOT NULL
        );
        CREATE INDEX kept_pages_by_relay ON kept_pages (relay, generation);
        CREATE TABLE key_packages (
            reference BLOB PRIMARY KEY,
            not_after INTEGER NOT NULL,
            last_resort INTEGER NOT NULL,
            -- When the relay got another last-resort package in its place, in seconds since 1970.
            replaced_at INTEGER,
            sealed BLOB NOT NULL
        );
        -- Hashes: each Welcome is used once.
        CREATE TABLE used_welcomes (
            hash BLOB PRIMARY KEY
        );
        -- Heads: what lists, commands and entries ask about a room, without its secrets.
        CREATE TABLE rooms (
            id INTEGER PRIMARY KEY,
            room BLOB NOT NULL UNIQUE,
            kind INTEGER NOT NULL,
            since INTEGER NOT NULL,
            deduplication BLOB,
            cursor INTEGER NOT NULL,
            read_cursor INTEGER NOT NULL,
            closed INTEGER NOT NULL,
            -- A commit stands that this device cannot use: it has no place there until it is added anew [R8].
            lost INTEGER NOT NULL,
            quarantined TEXT,
            -- Its relay went back in time and does not have it any more [R22].
            forgotten INTEGER NOT NULL DEFAULT 0,
            relay_chain BLOB NOT NULL,
            -- The number of the commit that began the epoch that this device is in.
            epoch_commit INTEGER NOT NULL,
            -- No Welcome takes this device back to an epoch that it has had.
            highest_epoch INTEGER NOT NULL,
            unread INTEGER NOT NULL,
            -- When this device next renews its keys in it: in milliseconds since 1970.
            heal_at INTEGER,
            -- When a page's group is wiped, whatever the relay says by then: in seconds since 1970.
            wipe_at INTEGER,
            sealed_summary BLOB NOT NULL
        );
        CREATE INDEX rooms_by_age ON rooms (since, id);
        CREATE INDEX open_rooms ON rooms (closed, since, id);
        CREATE INDEX open_pages_by_wipe ON rooms (wipe_at) WHERE closed = 0;
        CREATE INDEX open_rooms_by_healing ON rooms (heal_at) WHERE closed = 0;
        CREATE INDEX open_pages_by_trouble ON rooms (deduplication, since, id) WHERE closed = 0;
        CREATE TABLE groups (
            room BLOB PRIMARY KEY REFERENCES rooms (room),
            sealed BLOB NOT NULL
        );
        -- Of rooms with commits that the log has not decided [R4]: which, and whose faults they have.
        CREATE TABLE commit_orders (
            room BLOB PRIMARY KEY REFERENCES rooms (room),
            -- When this device may replace the one that it cannot use, by the relay: in milliseconds since 1970.
            replace_at INTEGER,
            sealed BLOB NOT NULL
        );
        CREATE INDEX undecided_rooms ON commit_orders (replace_at) WHERE replace_at IS NOT NULL;
        -- States of epochs that a room may have to go back to, by the commits that began them: until those after them are decided.
        CREATE TABLE earlier_groups (
            room BLOB NOT NULL REFERENCES rooms (room),
            epoch_commit INTEGER NOT NULL,
            -- The members' chain of that epoch, as if it had gone on.
            chain BLOB NOT NULL,
            sealed BLOB NOT NULL,
            PRIMARY KEY (room, epoch_commit)
        );
        -- Devices that have said that they cannot use a commit, and whether they wait to be added anew [R8].
        CREATE TABLE faulters (
            room BLOB NOT NULL REFERENCES rooms (room),
            device BLOB NOT NULL,
            is_lost INTEGER NOT NULL,
            PRIMARY KEY (room, device)
        );
        -- Rooms in the place of broken ones, by whom, with how many in them [R8].
        CREATE TABLE successions (
            room BLOB PRIMARY KEY REFERENCES rooms (room),
            old BLOB NOT NULL,
            founder BLOB NOT NULL,
            by_lead INTEGER NOT NULL,
            members INTEGER NOT NULL
        );
        CREATE INDEX successions_by_old ON successions (old, by_lead DESC, members DESC, room);
        -- When devices last wrote a message or a commit in an incident room, by the relay: in milliseconds since 1970 [R6].
        CREATE TABLE written (
            room BLOB NOT NULL REFERENCES rooms (room),
            device BLOB NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (room, device)
        );
        -- What devices last said about who leads a room, signed: of each kind one.
        CREATE TABLE lead_statements (
            room BLOB NOT NULL REFERENCES rooms (room),
            device BLOB NOT NULL,
            kind TEXT NOT NULL,
            sealed BLOB NOT NULL,
            PRIMARY KEY (room, device, kind)
        );
        -- What a page's log has folded to, as Escalation encodes it.
        CREATE TABLE pages (
            room BLOB PRIMARY KEY REFERENCES rooms (room),
            sealed_plan BLOB NOT NULL,
            sealed_state BLOB NOT NULL
        );
        -- One row an entry that was processed: its epoch chain, and what it said where it said something.
        CREATE TABLE log (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            room BLOB NOT NULL REFERENCES rooms (room),
            seq INTEGER NOT NULL,
            chain BLOB NOT NULL,
            -- The relay's chain up to it: what statements name as seen.
            relay_chain BLOB NOT NULL,
            -- A keyed hash of author and event id: nothing said counts twice.
            said BLOB,
            -- Somebody else said something: unread until it is shown.
            is_news INTEGER NOT NULL,
            sealed_fact BLOB,
            UNIQUE (room, seq),
            UNIQUE (room, said)
        );
        -- What I encrypted, by the hash of its bytes: my own entries cannot be decrypted again. With the relay's signed
        -- receipt, and then where in the log it came.
        CREATE TABLE sent (
            room BLOB NOT NULL,
            payload_hash BLOB NOT NULL,
            event BLOB NOT NULL,
            sealed_fact BLOB,
            receipt BLOB,
            receipt_seq INTEGER,
            PRIMARY KEY (room, payload_hash)
        );
        CREATE INDEX sent_by_event ON sent (event);
        CREATE INDEX sent_by_place ON sent (room, receipt_seq);
        -- The next state of the room where my own commit comes first.
        CREATE TABLE pending_commits (
            room BLOB PRIMARY KEY,
            event BLOB NOT NULL,
            payload_hash BLOB NOT NULL,
            sealed_post BLOB NOT NULL,
            sealed_group BLOB NOT NULL
        );
        -- Own commits of this epoch that are pending no more and that the log does not have: a relay which refused one may take
        -- it all the same. Of the latest also the states that they lead to.
        CREATE TABLE dropped_commits (
            id INTEGER PRIMARY KEY,
            room BLOB NOT NULL,
            payload_hash BLOB NOT NULL,
            sealed_group BLOB,
            UNIQUE (room, payload_hash)
        );
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            event BLOB NOT NULL UNIQUE,
            room BLOB NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('creation', 'message', 'statement', 'fault', 'goingOn', 'leadStatement')),
            sealed BLOB NOT NULL
        );
        CREATE TABLE alarms (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            -- A keyed hash of what it is about: one of a kind is open, and counts the others.
            subject BLOB NOT NULL,
            -- Milliseconds since 1970.
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            count INTEGER NOT NULL,
            -- Grows with each change of any of them.
            changed INTEGER NOT NULL,
            closed INTEGER NOT NULL,
            sealed BLOB NOT NULL,
            sealed_closing BLOB
        );
        CREATE UNIQUE INDEX open_alarms ON alarms (subject) WHERE closed = 0;
        CREATE INDEX alarms_by_state ON alarms (closed, id);
        CREATE INDEX alarms_by_change ON alarms (changed);
        """
}
