extension Migration {
    /// Everything a tier can say; tiers of teams; what a tier in shadow would have refused; and
    /// the upstream's list of models.
    static let third = Migration(
        number: 3,
        sql: """
            ALTER TABLE tier ADD COLUMN downgrade_to TEXT
                CHECK (downgrade_to <> '' AND instr(downgrade_to, '*') = 0);
            ALTER TABLE tier ADD COLUMN effort_max TEXT
                CHECK (effort_max IN ('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'));
            -- Attodollars (10⁻¹⁸) for one token are picodollars for a million: a dollar for one
            -- token is beyond any price.
            ALTER TABLE tier ADD COLUMN prompt_price_max_attousd INTEGER
                CHECK (prompt_price_max_attousd BETWEEN 0 AND 1000000000000000000);
            ALTER TABLE tier ADD COLUMN completion_price_max_attousd INTEGER
                CHECK (completion_price_max_attousd BETWEEN 0 AND 1000000000000000000);
            ALTER TABLE tier ADD COLUMN requires_zero_retention INTEGER NOT NULL DEFAULT 0
                CHECK (requires_zero_retention IN (0, 1));
            ALTER TABLE tier ADD COLUMN requires_attribution INTEGER NOT NULL DEFAULT 0
                CHECK (requires_attribution IN (0, 1));
            -- As they are typed, and the IANA name of their zone.
            ALTER TABLE tier ADD COLUMN hours TEXT CHECK (hours <> '');
            ALTER TABLE tier ADD COLUMN hours_zone TEXT
                CHECK (hours_zone <> '' AND (hours_zone IS NULL) = (hours IS NULL));
            -- Whether its items of the kind extra are all that may be bought: perhaps none.
            ALTER TABLE tier ADD COLUMN limits_extras INTEGER NOT NULL DEFAULT 0
                CHECK (limits_extras IN (0, 1));

            -- Its lists, each in the order given.
            CREATE TABLE tier_item (
                tier_id INTEGER NOT NULL REFERENCES tier (id),
                kind TEXT NOT NULL
                    CHECK (kind IN ('denied-model', 'alias', 'extra', 'provider',
                        'denied-provider', 'passed-field', 'shadowed-rule')),
                position INTEGER NOT NULL CHECK (position >= 0),
                value TEXT NOT NULL CHECK (value <> ''),
                -- The model that an alias stands for.
                model TEXT CHECK (model <> '' AND instr(model, '*') = 0),
                CHECK ((model IS NOT NULL) = (kind = 'alias')),
                PRIMARY KEY (tier_id, kind, position)
            ) STRICT, WITHOUT ROWID;
            CREATE UNIQUE INDEX tier_alias ON tier_item (tier_id, value) WHERE kind = 'alias';

            -- For each key, for each member, or for all in the tier together.
            CREATE TABLE tier_rate (
                tier_id INTEGER NOT NULL REFERENCES tier (id),
                owner TEXT NOT NULL CHECK (owner IN ('key', 'member', 'tier')),
                requests_per_minute INTEGER CHECK (requests_per_minute > 0),
                tokens_per_minute INTEGER CHECK (tokens_per_minute > 0),
                parallel INTEGER CHECK (parallel > 0),
                CHECK (coalesce(requests_per_minute, tokens_per_minute, parallel) IS NOT NULL),
                PRIMARY KEY (tier_id, owner)
            ) STRICT, WITHOUT ROWID;

            ALTER TABLE team ADD COLUMN tier_id INTEGER REFERENCES tier (id);

            -- The client's own word where an alias stood for the model.
            ALTER TABLE attempt ADD COLUMN alias TEXT CHECK (alias <> '');
            -- Rules in shadow that would have refused or changed the call, divided by commas.
            ALTER TABLE attempt ADD COLUMN shadowed TEXT NOT NULL DEFAULT ''
                CHECK (shadowed NOT GLOB '*[^-a-z,]*');
            ALTER TABLE usage_day ADD COLUMN shadowed INTEGER NOT NULL DEFAULT 0
                CHECK (shadowed BETWEEN 0 AND requests);

            -- The newest list of models that the upstream gave, as it came.
            CREATE TABLE model_list (
                id INTEGER PRIMARY KEY CHECK (id = 1),
                fetched_at_ms INTEGER NOT NULL,
                body TEXT NOT NULL CHECK (body <> '')
            ) STRICT;
            """)
}
