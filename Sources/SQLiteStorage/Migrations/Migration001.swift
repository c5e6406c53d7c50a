extension Migration {
    /// The first schema. Never edit it: a test holds its fingerprint.
    ///
    /// Instants are milliseconds since 1970 (`*_ms`), days are days since 1970, money is integer
    /// picodollars (`*_picousd`), periods are 1 daily, 2 weekly, 3 monthly, 4 total, and kinds of
    /// scope are 1 organisation, 2 team, 3 member, 4 key.
    static let first = Migration(
        number: 1,
        sql: """
            -- The one row whose revision every change of the directory raises.
            CREATE TABLE organisation (
                id INTEGER PRIMARY KEY CHECK (id = 1),
                revision INTEGER NOT NULL CHECK (revision >= 0),
                time_zone TEXT NOT NULL CHECK (time_zone <> '')
            ) STRICT;
            INSERT INTO organisation (id, revision, time_zone) VALUES (1, 0, 'UTC');

            CREATE TABLE management_key (
                id INTEGER PRIMARY KEY,
                digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
                created_at_ms INTEGER NOT NULL
            ) STRICT;

            CREATE TABLE team (
                id INTEGER PRIMARY KEY,
                name TEXT NOT NULL UNIQUE
                    CHECK (length(name) BETWEEN 1 AND 100 AND name NOT GLOB '*[^-A-Za-z0-9._@+]*')
            ) STRICT;

            CREATE TABLE tier (
                id INTEGER PRIMARY KEY,
                name TEXT NOT NULL UNIQUE
                    CHECK (length(name) BETWEEN 1 AND 100 AND name NOT GLOB '*[^-A-Za-z0-9._@+]*'),
                otherwise TEXT NOT NULL CHECK (otherwise IN ('deny', 'downgrade')),
                output_tokens_max INTEGER CHECK (output_tokens_max > 0),
                request_cost_max_picousd INTEGER CHECK (request_cost_max_picousd >= 0)
            ) STRICT;

            CREATE TABLE tier_model (
                tier_id INTEGER NOT NULL REFERENCES tier (id),
                position INTEGER NOT NULL CHECK (position >= 0),
                pattern TEXT NOT NULL CHECK (pattern <> ''),
                PRIMARY KEY (tier_id, position)
            ) STRICT, WITHOUT ROWID;

            -- Nobody is deleted: who leaves keeps the row, for the books and for coming back.
            CREATE TABLE member (
                id INTEGER PRIMARY KEY,
                name TEXT NOT NULL UNIQUE
                    CHECK (length(name) BETWEEN 1 AND 100 AND name NOT GLOB '*[^-A-Za-z0-9._@+]*'),
                team_id INTEGER REFERENCES team (id),
                tier_id INTEGER REFERENCES tier (id),
                created_at_ms INTEGER NOT NULL,
                removed_at_ms INTEGER
            ) STRICT;

            CREATE TABLE key (
                id INTEGER PRIMARY KEY,
                digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
                name TEXT NOT NULL,
                label TEXT NOT NULL,
                member_id INTEGER NOT NULL REFERENCES member (id),
                tier_id INTEGER REFERENCES tier (id),
                is_shared INTEGER NOT NULL CHECK (is_shared IN (0, 1)),
                is_disabled INTEGER NOT NULL DEFAULT 0 CHECK (is_disabled IN (0, 1)),
                limit_reset INTEGER NOT NULL CHECK (limit_reset BETWEEN 1 AND 4),
                expires_at_ms INTEGER,
                created_at_ms INTEGER NOT NULL,
                updated_at_ms INTEGER,
                revoked_at_ms INTEGER
            ) STRICT;
            CREATE INDEX key_by_member ON key (member_id);

            -- The generated columns are there for their foreign keys: whom a budget belongs to
            -- exists. The highest limit is a million dollars.
            CREATE TABLE budget (
                scope_kind INTEGER NOT NULL CHECK (scope_kind BETWEEN 1 AND 4),
                scope_id INTEGER NOT NULL CHECK ((scope_kind = 1) = (scope_id = 0)),
                period INTEGER NOT NULL CHECK (period BETWEEN 1 AND 4),
                limit_picousd INTEGER NOT NULL
                    CHECK (limit_picousd BETWEEN 0 AND 1000000000000000000),
                team_id INTEGER GENERATED ALWAYS AS (CASE scope_kind WHEN 2 THEN scope_id END)
                    STORED REFERENCES team (id),
                member_id INTEGER GENERATED ALWAYS AS (CASE scope_kind WHEN 3 THEN scope_id END)
                    STORED REFERENCES member (id),
                key_id INTEGER GENERATED ALWAYS AS (CASE scope_kind WHEN 4 THEN scope_id END)
                    STORED REFERENCES key (id),
                PRIMARY KEY (scope_kind, scope_id, period)
            ) STRICT;

            -- The journal: one row before each call is forwarded.
            CREATE TABLE attempt (
                id INTEGER PRIMARY KEY CHECK (id > 0),
                request_id TEXT NOT NULL,
                at_ms INTEGER NOT NULL,
                day INTEGER NOT NULL CHECK (day >= 0),
                key_id INTEGER NOT NULL REFERENCES key (id),
                member_id INTEGER NOT NULL REFERENCES member (id),
                team_id INTEGER REFERENCES team (id),
                endpoint TEXT NOT NULL CHECK (endpoint <> ''),
                requested_model TEXT NOT NULL,
                model TEXT NOT NULL,
                app TEXT NOT NULL,
                is_streamed INTEGER NOT NULL CHECK (is_streamed IN (0, 1)),
                bound_picousd INTEGER NOT NULL CHECK (bound_picousd >= 0)
            ) STRICT;

            -- How each ended, and what was learned later.
            CREATE TABLE entry (
                id INTEGER PRIMARY KEY,
                attempt_id INTEGER NOT NULL REFERENCES attempt (id),
                at_ms INTEGER NOT NULL,
                kind TEXT NOT NULL CHECK (kind IN ('settled', 'released', 'kept', 'correction')),
                amount_picousd INTEGER NOT NULL,
                literal TEXT,
                source TEXT NOT NULL
                    CHECK (source IN ('upstream', 'generation', 'hold', 'none')),
                generation_id TEXT,
                prompt_tokens INTEGER NOT NULL CHECK (prompt_tokens >= 0),
                completion_tokens INTEGER NOT NULL CHECK (completion_tokens >= 0),
                cached_tokens INTEGER NOT NULL CHECK (cached_tokens >= 0),
                reasoning_tokens INTEGER NOT NULL CHECK (reasoning_tokens >= 0),
                upstream_status INTEGER CHECK (upstream_status BETWEEN 100 AND 599),
                CHECK (amount_picousd >= 0 OR kind = 'correction'),
                CHECK (amount_picousd = 0 OR kind <> 'released')
            ) STRICT;
            CREATE UNIQUE INDEX entry_outcome ON entry (attempt_id) WHERE kind <> 'correction';
            CREATE INDEX entry_correction ON entry (attempt_id) WHERE kind = 'correction';
            CREATE INDEX entry_unresolved ON entry (attempt_id)
                WHERE kind = 'kept' AND generation_id IS NOT NULL;

            CREATE TRIGGER attempt_is_not_edited BEFORE UPDATE ON attempt
            BEGIN SELECT RAISE(ABORT, 'attempts are never edited'); END;
            CREATE TRIGGER attempt_is_not_deleted BEFORE DELETE ON attempt
            BEGIN SELECT RAISE(ABORT, 'attempts are never deleted'); END;
            CREATE TRIGGER entry_is_not_edited BEFORE UPDATE ON entry
            BEGIN SELECT RAISE(ABORT, 'entries are never edited'); END;
            CREATE TRIGGER entry_is_not_deleted BEFORE DELETE ON entry
            BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;

            -- Attempts without an outcome, kept by triggers: finding what is in flight must not
            -- cost more as the journal grows.
            CREATE TABLE open_attempt (
                attempt_id INTEGER PRIMARY KEY REFERENCES attempt (id)
            ) STRICT;
            CREATE TRIGGER attempt_opens AFTER INSERT ON attempt
            BEGIN INSERT INTO open_attempt (attempt_id) VALUES (NEW.id); END;
            CREATE TRIGGER entry_closes AFTER INSERT ON entry WHEN NEW.kind <> 'correction'
            BEGIN DELETE FROM open_attempt WHERE attempt_id = NEW.attempt_id; END;

            -- Roll-ups of entry, written in the same transaction; a new window is a new row.
            CREATE TABLE spend (
                scope_kind INTEGER NOT NULL CHECK (scope_kind BETWEEN 1 AND 4),
                scope_id INTEGER NOT NULL CHECK ((scope_kind = 1) = (scope_id = 0)),
                period INTEGER NOT NULL CHECK (period BETWEEN 1 AND 4),
                window_first_day INTEGER NOT NULL CHECK (period <> 4 OR window_first_day = 0),
                spent_picousd INTEGER NOT NULL CHECK (spent_picousd >= 0),
                PRIMARY KEY (scope_kind, scope_id, period, window_first_day)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX spend_by_window ON spend (period, window_first_day);

            -- team_id 0 is a call of no team; a primary key cannot hold NULL.
            CREATE TABLE usage_day (
                day INTEGER NOT NULL CHECK (day >= 0),
                member_id INTEGER NOT NULL REFERENCES member (id),
                team_id INTEGER NOT NULL CHECK (team_id >= 0),
                key_id INTEGER NOT NULL REFERENCES key (id),
                model TEXT NOT NULL,
                requests INTEGER NOT NULL CHECK (requests >= 0),
                prompt_tokens INTEGER NOT NULL CHECK (prompt_tokens >= 0),
                completion_tokens INTEGER NOT NULL CHECK (completion_tokens >= 0),
                cost_picousd INTEGER NOT NULL CHECK (cost_picousd >= 0),
                refused INTEGER NOT NULL CHECK (refused >= 0),
                downgraded INTEGER NOT NULL CHECK (downgraded BETWEEN 0 AND requests),
                PRIMARY KEY (day, member_id, team_id, key_id, model)
            ) STRICT, WITHOUT ROWID;

            -- Written to find out whether the disk takes writes again after it refused one.
            CREATE TABLE probe (
                id INTEGER PRIMARY KEY CHECK (id = 1),
                filling BLOB NOT NULL
            ) STRICT;
            INSERT INTO probe (id, filling) VALUES (1, x'');
            """)
}
