extension Migration {
    /// Raises, soft limits, ceilings of tiers; generation ids of attempts in flight; entries that
    /// are known by their place among an attempt's, so that writing one again is nothing; and
    /// spend by key and month, from which that of every scope and window is added up.
    static let second = Migration(
        number: 2,
        sql: """
            ALTER TABLE budget ADD COLUMN raised_limit_picousd INTEGER
                CHECK (raised_limit_picousd > limit_picousd
                    AND raised_limit_picousd <= 1000000000000000000);
            -- The last day, in days since 1970, on which the raise holds.
            ALTER TABLE budget ADD COLUMN raised_last_day INTEGER
                CHECK ((raised_last_day IS NULL) = (raised_limit_picousd IS NULL));

            CREATE TABLE soft_limit (
                scope_kind INTEGER NOT NULL CHECK (scope_kind BETWEEN 1 AND 4),
                scope_id INTEGER NOT NULL CHECK ((scope_kind = 1) = (scope_id = 0)),
                period INTEGER NOT NULL CHECK (period BETWEEN 1 AND 4),
                amount_picousd INTEGER NOT NULL
                    CHECK (amount_picousd BETWEEN 0 AND 1000000000000000000),
                team_id INTEGER GENERATED ALWAYS AS (CASE scope_kind WHEN 2 THEN scope_id END)
                    STORED REFERENCES team (id),
                member_id INTEGER GENERATED ALWAYS AS (CASE scope_kind WHEN 3 THEN scope_id END)
                    STORED REFERENCES member (id),
                key_id INTEGER GENERATED ALWAYS AS (CASE scope_kind WHEN 4 THEN scope_id END)
                    STORED REFERENCES key (id),
                PRIMARY KEY (scope_kind, scope_id, period)
            ) STRICT;

            ALTER TABLE tier ADD COLUMN clamps_output INTEGER NOT NULL DEFAULT 0
                CHECK (clamps_output IN (0, 1));

            -- The most that one such thing adds to a call: $100,000 is beyond any.
            CREATE TABLE tier_ceiling (
                tier_id INTEGER NOT NULL REFERENCES tier (id),
                extra TEXT NOT NULL CHECK (extra <> ''),
                ceiling_picousd INTEGER NOT NULL
                    CHECK (ceiling_picousd BETWEEN 0 AND 100000000000000000),
                PRIMARY KEY (tier_id, extra)
            ) STRICT, WITHOUT ROWID;

            ALTER TABLE open_attempt ADD COLUMN generation_id TEXT;

            -- Sequence 0 is the outcome, corrections count from 1. For a list behind IN, SQLite
            -- would make a table in memory at each insert: half of what the insert costs.
            CREATE TABLE entry_by_sequence (
                attempt_id INTEGER NOT NULL REFERENCES attempt (id),
                sequence INTEGER NOT NULL CHECK (sequence >= 0),
                at_ms INTEGER NOT NULL,
                kind TEXT NOT NULL
                    CHECK (kind = 'settled' OR kind = 'released' OR kind = 'kept'
                        OR kind = 'correction'),
                amount_picousd INTEGER NOT NULL,
                literal TEXT,
                source TEXT NOT NULL
                    CHECK (source = 'upstream' OR source = 'generation' OR source = 'hold'
                        OR source = 'none'),
                generation_id TEXT,
                prompt_tokens INTEGER NOT NULL CHECK (prompt_tokens >= 0),
                completion_tokens INTEGER NOT NULL CHECK (completion_tokens >= 0),
                cached_tokens INTEGER NOT NULL CHECK (cached_tokens >= 0),
                reasoning_tokens INTEGER NOT NULL CHECK (reasoning_tokens >= 0),
                upstream_status INTEGER CHECK (upstream_status BETWEEN 100 AND 599),
                CHECK ((sequence = 0) = (kind <> 'correction')),
                CHECK (amount_picousd >= 0 OR kind = 'correction'),
                CHECK (amount_picousd = 0 OR kind <> 'released'),
                PRIMARY KEY (attempt_id, sequence)
            ) STRICT, WITHOUT ROWID;
            INSERT INTO entry_by_sequence
                SELECT attempt_id,
                    CASE kind WHEN 'correction'
                        THEN row_number() OVER (
                            PARTITION BY attempt_id, kind = 'correction' ORDER BY id)
                        ELSE 0 END,
                    at_ms, kind, amount_picousd, literal, source, generation_id, prompt_tokens,
                    completion_tokens, cached_tokens, reasoning_tokens, upstream_status
                FROM entry;
            DROP TABLE entry;
            ALTER TABLE entry_by_sequence RENAME TO entry;
            CREATE TRIGGER entry_is_not_edited BEFORE UPDATE ON entry
            BEGIN SELECT RAISE(ABORT, 'entries are never edited'); END;
            CREATE TRIGGER entry_is_not_deleted BEFORE DELETE ON entry
            BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;

            -- Kept attempts that the upstream can be asked about, until their first correction:
            -- like open_attempt, no longer than what is yet to be done.
            CREATE TABLE unresolved_attempt (
                attempt_id INTEGER PRIMARY KEY REFERENCES attempt (id)
            ) STRICT;
            INSERT INTO unresolved_attempt
                SELECT attempt_id FROM entry AS kept
                WHERE kind = 'kept' AND generation_id IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM entry AS later
                    WHERE later.attempt_id = kept.attempt_id AND later.sequence = 1);
            CREATE TRIGGER outcome_closes AFTER INSERT ON entry WHEN NEW.sequence = 0
            BEGIN
                DELETE FROM open_attempt WHERE attempt_id = NEW.attempt_id;
                INSERT INTO unresolved_attempt
                    SELECT NEW.attempt_id
                    WHERE NEW.kind = 'kept' AND NEW.generation_id IS NOT NULL;
            END;
            CREATE TRIGGER correction_resolves AFTER INSERT ON entry WHEN NEW.sequence > 0
            BEGIN DELETE FROM unresolved_attempt WHERE attempt_id = NEW.attempt_id; END;

            -- What a key has spent in a month, by the team it was spent in (0 for none). With the
            -- days of usage_day this is every balance: a call writes two rows of sums, not one for
            -- each of four windows of four scopes.
            CREATE TABLE spend_month (
                month_first_day INTEGER NOT NULL CHECK (month_first_day >= 0),
                member_id INTEGER NOT NULL REFERENCES member (id),
                team_id INTEGER NOT NULL CHECK (team_id >= 0),
                key_id INTEGER NOT NULL REFERENCES key (id),
                spent_picousd INTEGER NOT NULL CHECK (spent_picousd >= 0),
                PRIMARY KEY (month_first_day, member_id, team_id, key_id)
            ) STRICT, WITHOUT ROWID;
            INSERT INTO spend_month
                SELECT CAST(strftime('%s', day * 86400, 'unixepoch', 'start of month')
                        AS INTEGER) / 86400,
                    member_id, team_id, key_id, sum(cost_picousd)
                FROM usage_day WHERE requests > 0 GROUP BY 1, 2, 3, 4;
            DROP TABLE spend;
            """)
}
