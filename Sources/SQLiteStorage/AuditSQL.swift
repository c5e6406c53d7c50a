/// What an ``Auditor`` asks. `:first` and `:last` bound the attempts of one step, the first left
/// out; `:max` is the most that a call can have cost.
enum AuditSQL {
    /// The connection's own; gone when the audit is rolled back.
    static let tables = """
        CREATE TEMP TABLE audit_usage (
            day INTEGER, member_id INTEGER, team_id INTEGER, key_id INTEGER, model TEXT,
            requests INTEGER, prompt_tokens INTEGER, completion_tokens INTEGER, cost INTEGER,
            downgraded INTEGER, shadowed INTEGER,
            PRIMARY KEY (day, member_id, team_id, key_id, model)
        ) WITHOUT ROWID;
        """

    /// Impossible amounts are told of by themselves; adding them up could overflow.
    static let sums = """
        INSERT INTO temp.audit_usage
        SELECT day, member_id, coalesce(team_id, 0), key_id, model, sum(sequence = 0),
            sum(prompt_tokens), sum(completion_tokens), sum(amount_picousd),
            sum(sequence = 0 AND requested_model <> model),
            sum(sequence = 0 AND shadowed <> '')
        FROM attempt CROSS JOIN entry ON attempt_id = attempt.id
        WHERE attempt.id > :first AND attempt.id <= :last AND kind <> 'released'
            AND amount_picousd BETWEEN -:max AND :max
        GROUP BY 1, 2, 3, 4, 5
        ON CONFLICT DO UPDATE SET
            requests = requests + excluded.requests,
            prompt_tokens = prompt_tokens + excluded.prompt_tokens,
            completion_tokens = completion_tokens + excluded.completion_tokens,
            cost = cost + excluded.cost, downgraded = downgraded + excluded.downgraded,
            shadowed = shadowed + excluded.shadowed
        """

    static let orphans = """
        SELECT attempt_id, sequence FROM entry
        WHERE attempt_id > :first AND attempt_id <= :last
            AND NOT EXISTS (SELECT 1 FROM attempt WHERE id = attempt_id)
        """

    static let impossible = """
        SELECT attempt_id, sequence, kind, amount_picousd,
            min(prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens) AS fewest
        FROM entry
        WHERE attempt_id > :first AND attempt_id <= :last
            AND (fewest < 0 OR (sequence = 0) = (kind = 'correction')
                OR amount_picousd > :max OR amount_picousd < -:max
                OR (kind <> 'correction' AND amount_picousd < 0)
                OR (kind = 'released' AND amount_picousd <> 0))
        """

    /// In the order of the table, so that nothing is sorted.
    static let literals = """
        SELECT attempt_id, sequence, amount_picousd, literal FROM entry
        WHERE attempt_id > :first AND attempt_id <= :last
        ORDER BY attempt_id, sequence
        """

    static let keptOtherwise = """
        SELECT attempt_id, sequence, amount_picousd, bound_picousd
        FROM entry CROSS JOIN attempt ON id = attempt_id
        WHERE attempt_id > :first AND attempt_id <= :last
            AND kind = 'kept' AND amount_picousd <> bound_picousd
        """

    static let calls = """
        SELECT attempt_id, min(sequence) AS first_sequence, sum(amount_picousd) AS cost,
            bound_picousd
        FROM entry LEFT JOIN attempt ON id = attempt_id
        WHERE attempt_id > :first AND attempt_id <= :last
            AND amount_picousd BETWEEN -:max AND :max
        GROUP BY attempt_id HAVING first_sequence > 0 OR cost < 0 OR cost > bound_picousd
        """

    static let openMissing = """
        SELECT id FROM attempt
        WHERE id > :first AND id <= :last
            AND NOT EXISTS (SELECT 1 FROM entry WHERE attempt_id = id AND sequence = 0)
            AND NOT EXISTS (SELECT 1 FROM open_attempt WHERE attempt_id = id)
        """

    static let openSuperfluous = """
        SELECT attempt_id FROM open_attempt AS listed
        WHERE NOT EXISTS (SELECT 1 FROM attempt WHERE id = attempt_id)
            OR EXISTS (
                SELECT 1 FROM entry WHERE entry.attempt_id = listed.attempt_id AND sequence = 0)
        """

    static let unresolvedMissing = """
        SELECT attempt_id FROM entry AS kept
        WHERE attempt_id > :first AND attempt_id <= :last
            AND kind = 'kept' AND generation_id IS NOT NULL
            AND NOT EXISTS (
                SELECT 1 FROM entry AS later
                WHERE later.attempt_id = kept.attempt_id AND later.sequence > 0)
            AND NOT EXISTS (
                SELECT 1 FROM unresolved_attempt AS listed
                WHERE listed.attempt_id = kept.attempt_id)
        """

    static let unresolvedSuperfluous = """
        SELECT attempt_id FROM unresolved_attempt AS listed
        WHERE NOT EXISTS (
                SELECT 1 FROM entry AS kept
                WHERE kept.attempt_id = listed.attempt_id AND kept.kind = 'kept'
                    AND kept.generation_id IS NOT NULL)
            OR EXISTS (
                SELECT 1 FROM entry AS later
                WHERE later.attempt_id = listed.attempt_id AND later.sequence > 0)
        """

    /// A row with refusals may stand without any entry, with nothing but zeros beside them.
    static let usageDifferences = """
        WITH stored AS (SELECT *, cost_picousd AS cost FROM usage_day),
        pair AS (
            SELECT stored.day, stored.member_id, stored.team_id, stored.key_id, stored.model,
                stored.requests AS stored_requests,
                stored.prompt_tokens AS stored_prompt_tokens,
                stored.completion_tokens AS stored_completion_tokens,
                stored.cost AS stored_cost, stored.downgraded AS stored_downgraded,
                stored.shadowed AS stored_shadowed,
                coalesce(expected.requests, none) AS expected_requests,
                coalesce(expected.prompt_tokens, none) AS expected_prompt_tokens,
                coalesce(expected.completion_tokens, none) AS expected_completion_tokens,
                coalesce(expected.cost, none) AS expected_cost,
                coalesce(expected.downgraded, none) AS expected_downgraded,
                coalesce(expected.shadowed, none) AS expected_shadowed
            FROM (SELECT *, iif(refused > 0, 0, NULL) AS none FROM stored) AS stored
            LEFT JOIN temp.audit_usage AS expected
                USING (day, member_id, team_id, key_id, model)
            UNION ALL
            SELECT day, member_id, team_id, key_id, model, NULL, NULL, NULL, NULL, NULL,
                NULL, requests, prompt_tokens, completion_tokens, cost, downgraded, shadowed
            FROM temp.audit_usage AS expected
            WHERE NOT EXISTS (
                SELECT 1 FROM usage_day AS stored
                WHERE stored.day = expected.day AND stored.member_id = expected.member_id
                    AND stored.team_id = expected.team_id AND stored.key_id = expected.key_id
                    AND stored.model = expected.model)
        )
        SELECT pair.*, \(names)
        WHERE stored_requests IS NOT expected_requests
            OR stored_prompt_tokens IS NOT expected_prompt_tokens
            OR stored_completion_tokens IS NOT expected_completion_tokens
            OR stored_cost IS NOT expected_cost
            OR stored_downgraded IS NOT expected_downgraded
            OR stored_shadowed IS NOT expected_shadowed
        ORDER BY day, pair.member_id, pair.team_id, pair.key_id, model
        """

    static let spendDifferences = """
        WITH expected AS (
            SELECT CAST(strftime('%s', day * 86400, 'unixepoch', 'start of month')
                    AS INTEGER) / 86400 AS month_first_day,
                member_id, team_id, key_id, sum(cost) AS cost
            FROM temp.audit_usage GROUP BY 1, 2, 3, 4
        ),
        pair AS (
            SELECT stored.month_first_day, stored.member_id, stored.team_id, stored.key_id,
                stored.spent_picousd AS stored_cost, expected.cost AS expected_cost
            FROM spend_month AS stored LEFT JOIN expected
                USING (month_first_day, member_id, team_id, key_id)
            UNION ALL
            SELECT month_first_day, member_id, team_id, key_id, NULL, cost
            FROM expected
            WHERE NOT EXISTS (
                SELECT 1 FROM spend_month AS stored
                WHERE stored.month_first_day = expected.month_first_day
                    AND stored.member_id = expected.member_id
                    AND stored.team_id = expected.team_id
                    AND stored.key_id = expected.key_id)
        )
        SELECT pair.*, \(names)
        WHERE stored_cost IS NOT expected_cost
        ORDER BY month_first_day, pair.member_id, pair.team_id, pair.key_id
        """

    private static let names = """
        member.name AS member_name, team.name AS team_name, key.name AS key_name
        FROM pair LEFT JOIN member ON member.id = pair.member_id
            LEFT JOIN team ON team.id = pair.team_id LEFT JOIN key ON key.id = pair.key_id
        """
}
