extension Migration {
    /// Raises, soft limits, ceilings of tiers; generation ids of attempts in flight; and entries
    /// that are known by their place among an attempt's, so that writing one again is nothing.
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

            -- Sequence 0 is the outcome, corrections count from 1.
            CREATE TABLE entry_by_sequence (
                attempt_id INTEGER NOT NULL REFERENCES attempt (id),
                sequence INTEGER NOT NULL CHECK (sequence >= 0),
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
            CREATE INDEX entry_unresolved ON entry (attempt_id)
                WHERE kind = 'kept' AND generation_id IS NOT NULL;
            CREATE TRIGGER entry_is_not_edited BEFORE UPDATE ON entry
            BEGIN SELECT RAISE(ABORT, 'entries are never edited'); END;
            CREATE TRIGGER entry_is_not_deleted BEFORE DELETE ON entry
            BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
            CREATE TRIGGER entry_closes AFTER INSERT ON entry WHEN NEW.sequence = 0
            BEGIN DELETE FROM open_attempt WHERE attempt_id = NEW.attempt_id; END;
            """)
}
