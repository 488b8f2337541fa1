/// The relay's tables. Migrations are numbered and, once released, frozen.
enum RelaySchema {
    static let migrations = [first]

    private static let first = """
        -- What has passed since this database was made, by both readings of the time, and where the clocks stood then [R18].
        CREATE TABLE clock (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            most INTEGER NOT NULL,
            least INTEGER NOT NULL,
            time INTEGER NOT NULL,
            boot BLOB NOT NULL,
            monotonic INTEGER NOT NULL,
            origin INTEGER NOT NULL
        );
        -- What this database's lives were called, the present one last [R22].
        CREATE TABLE generations (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            generation BLOB NOT NULL UNIQUE
        );
        CREATE TABLE call_lists (
            version INTEGER PRIMARY KEY,
            bundle BLOB NOT NULL
        );
        CREATE TABLE key_packages (
            reference BLOB PRIMARY KEY,
            device BLOB NOT NULL,
            not_after INTEGER NOT NULL,
            -- The same by the least that has passed at the relay [R18].
            keep_until INTEGER NOT NULL,
            last_resort INTEGER NOT NULL CHECK (last_resort IN (0, 1)),
            -- Handed out. One that is no last resort stays as a row without bytes, so that a late retry of its upload
            -- cannot bring it back.
            used INTEGER NOT NULL DEFAULT 0 CHECK (used IN (0, 1)),
            bytes BLOB NOT NULL
        );
        CREATE INDEX key_packages_by_device ON key_packages (device, last_resort);
        CREATE INDEX key_packages_by_age ON key_packages (keep_until);
        -- A claim's answer, so that a retry gets the same.
        CREATE TABLE claims (
            claimer BLOB NOT NULL,
            claim BLOB NOT NULL,
            answer BLOB NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (claimer, claim)
        ) WITHOUT ROWID;
        CREATE INDEX claims_by_age ON claims (at);
        -- When a device may claim the full number of another's key packages again, by the most that has passed.
        CREATE TABLE claim_budgets (
            claimer BLOB NOT NULL,
            target BLOB NOT NULL,
            full_at INTEGER NOT NULL,
            PRIMARY KEY (claimer, target)
        ) WITHOUT ROWID;
        CREATE INDEX claim_budgets_by_age ON claim_budgets (full_at);
        CREATE TABLE rooms (
            id INTEGER PRIMARY KEY,
            room BLOB NOT NULL UNIQUE CHECK (length(room) = 16),
            kind INTEGER NOT NULL,
            creator BLOB NOT NULL,
            head INTEGER NOT NULL,
            head_time INTEGER NOT NULL,
            chain BLOB NOT NULL,
            last_commit INTEGER NOT NULL,
            -- The last commit in whose epoch somebody else than its author has written.
            stands INTEGER NOT NULL,
            retention INTEGER NOT NULL,
            -- What had passed at the relay when it was made, and what was added to the most reading since [R18].
            created_most INTEGER NOT NULL,
            created_least INTEGER NOT NULL,
            ahead INTEGER NOT NULL DEFAULT 0,
            -- A page that has ended, and may be reopened for an hour.
            ended INTEGER NOT NULL DEFAULT 0 CHECK (ended IN (0, 1)),
            closed_at INTEGER,
            -- When the log is deleted, by the least that has passed: `retention` seconds after the closing.
            delete_at INTEGER,
            released_steps INTEGER NOT NULL,
            -- When the timers have something to do, by the most that has passed: a page's next step, or its horizon.
            next_due INTEGER
        );
        CREATE INDEX rooms_by_due ON rooms (next_due) WHERE next_due IS NOT NULL;
        CREATE INDEX rooms_by_deletion ON rooms (delete_at) WHERE delete_at IS NOT NULL;
        CREATE INDEX rooms_by_creator ON rooms (creator) WHERE closed_at IS NULL;
        CREATE TABLE members (
            room INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            device BLOB NOT NULL,
            joined INTEGER NOT NULL,
            removed INTEGER,
            step INTEGER NOT NULL,
            released INTEGER NOT NULL CHECK (released IN (0, 1)),
            cursor INTEGER NOT NULL DEFAULT 0,
            -- The device knows all that comes for it: it said so after the room was closed, or the page had ended, or it was
            -- removed. Where an ended page goes on after all it is told again.
            settled INTEGER NOT NULL DEFAULT 0 CHECK (settled IN (0, 1)),
            -- An earlier time as a member, whose end the device has not seen yet: after which entry, up to which.
            earlier_joined INTEGER,
            earlier_removed INTEGER,
            -- When the device may make the full number of commits again, by the most that has passed.
            commits_full_at INTEGER NOT NULL DEFAULT 0,
            -- The same of faults, and of statements about who leads.
            faults_full_at INTEGER NOT NULL DEFAULT 0,
            -- When it last wrote a message or a commit there, in milliseconds since 1970; in incident rooms.
            wrote INTEGER,
            PRIMARY KEY (room, device)
        ) WITHOUT ROWID;
        -- What a device is told about: not the thousands of rooms that are over for it.
        CREATE INDEX members_by_device ON members (device, room) WHERE released = 1 AND settled = 0;
        -- Commits whose headers were taken, and who is in the room by each. Most commits change nobody, and share a view.
        CREATE TABLE views (
            id INTEGER PRIMARY KEY,
            room INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            digest BLOB NOT NULL,
            people BLOB NOT NULL,
            UNIQUE (room, digest)
        );
        CREATE TABLE commits (
            room INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            seq INTEGER NOT NULL,
            parent INTEGER NOT NULL,
            author BLOB NOT NULL,
            pin INTEGER NOT NULL,
            view INTEGER NOT NULL,
            PRIMARY KEY (room, seq)
        ) WITHOUT ROWID;
        -- Devices that have said that they cannot use a commit [R4].
        CREATE TABLE faults (
            room INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            device BLOB NOT NULL,
            commit_seq INTEGER NOT NULL,
            PRIMARY KEY (room, device, commit_seq)
        ) WITHOUT ROWID;
        -- Not WITHOUT ROWID: there a payload of 1 KiB would spill into a page of its own.
        CREATE TABLE entries (
            room INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            seq INTEGER NOT NULL,
            time INTEGER NOT NULL,
            poster BLOB NOT NULL,
            class INTEGER NOT NULL,
            payload BLOB NOT NULL,
            chain BLOB NOT NULL,
            PRIMARY KEY (room, seq)
        );
        -- What devices have put into rooms: bytes, with what each entry takes beside its payload [R19].
        CREATE TABLE room_bytes (
            room INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            device BLOB NOT NULL,
            bytes INTEGER NOT NULL,
            PRIMARY KEY (room, device)
        ) WITHOUT ROWID;
        -- The same over all rooms.
        CREATE TABLE device_bytes (
            device BLOB PRIMARY KEY,
            bytes INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE welcome_bodies (
            id INTEGER PRIMARY KEY,
            room INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            body BLOB NOT NULL
        );
        CREATE INDEX welcome_bodies_by_room ON welcome_bodies (room);
        CREATE TABLE welcomes (
            room INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            device BLOB NOT NULL,
            seq INTEGER NOT NULL,
            time INTEGER NOT NULL,
            chain BLOB NOT NULL,
            body INTEGER NOT NULL REFERENCES welcome_bodies (id) ON DELETE CASCADE,
            -- Where the room stands among those that wait for the device, the newest highest; NULL while it is withheld.
            place INTEGER,
            -- Several for one device: a junk commit must not take the place of a genuine one [R3].
            PRIMARY KEY (room, device, seq)
        ) WITHOUT ROWID;
        CREATE INDEX welcomes_by_body ON welcomes (body);
        CREATE INDEX welcomes_by_place ON welcomes (device, place DESC, seq) WHERE place IS NOT NULL;
        -- A page's escalation, as Escalation encodes it; while the page is open. Apart from its room, whose row every entry
        -- writes anew.
        CREATE TABLE pages (
            room INTEGER PRIMARY KEY REFERENCES rooms (id) ON DELETE CASCADE,
            plan BLOB NOT NULL,
            state BLOB NOT NULL
        );
        -- The first answer to a write, by its idempotency key. Their number, which nothing gives out twice, says how far the relay
        -- has come [R22].
        CREATE TABLE answers (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            device BLOB NOT NULL,
            event BLOB NOT NULL,
            room BLOB NOT NULL,
            request INTEGER NOT NULL,
            answer BLOB NOT NULL,
            at INTEGER NOT NULL,
            UNIQUE (device, event)
        );
        CREATE INDEX answers_by_age ON answers (at);
        """
}
