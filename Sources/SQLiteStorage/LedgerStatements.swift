import GRDB

/// What the ledger's writer says to the database, prepared once. The numbers of parameters are
/// the places that ``LedgerGroup`` binds.
///
/// For the writer's thread alone; gone before its connection is closed.
struct LedgerStatements {
    let begin: PreparedWrite
    let commit: PreparedWrite
    let rollBack: PreparedWrite
    let revision: PreparedWrite
    let attempt: PreparedWrite
    let entry: PreparedWrite
    let generation: PreparedWrite
    let usageMore: PreparedWrite
    let usageNew: PreparedWrite
    let monthMore: PreparedWrite
    let monthNew: PreparedWrite

    init(_ db: Database) throws {
        begin = try PreparedWrite(db, "BEGIN IMMEDIATE")
        commit = try PreparedWrite(db, "COMMIT")
        rollBack = try PreparedWrite(db, "ROLLBACK")
        revision = try PreparedWrite(db, "SELECT revision FROM organisation")
        attempt = try PreparedWrite(db, LedgerStatements.attemptSQL)
        entry = try PreparedWrite(db, LedgerStatements.entrySQL)
        generation = try PreparedWrite(
            db, "UPDATE open_attempt SET generation_id = ?1 WHERE attempt_id = ?2")
        usageMore = try PreparedWrite(db, LedgerStatements.usageMoreSQL)
        usageNew = try PreparedWrite(db, LedgerStatements.usageNewSQL)
        monthMore = try PreparedWrite(db, LedgerStatements.monthMoreSQL)
        monthNew = try PreparedWrite(db, LedgerStatements.monthNewSQL)
    }

    /// Those that are there, or made now.
    static func kept(
        in place: inout LedgerStatements?, _ db: Database
    ) throws -> LedgerStatements {
        if let statements = place { return statements }
        let statements = try LedgerStatements(db)
        place = statements
        return statements
    }

    static let attemptSQL = """
        INSERT INTO attempt
            (id, request_id, at_ms, day, key_id, member_id, team_id, endpoint, requested_model,
            model, app, is_streamed, bound_picousd, alias, shadowed)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
        ON CONFLICT (id) DO NOTHING
        """

    static let entrySQL = """
        INSERT INTO entry
            (attempt_id, sequence, at_ms, kind, amount_picousd, literal, source, generation_id,
            prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, upstream_status)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        ON CONFLICT (attempt_id, sequence) DO NOTHING
        """

    // Roll-ups are added to or made, and not by `INSERT … ON CONFLICT DO UPDATE`: that checks the
    // row it would insert before it looks for the conflict, and a correction alone is below zero.

    private static let usageMoreSQL = """
        UPDATE usage_day SET
            requests = requests + ?6, prompt_tokens = prompt_tokens + ?7,
            completion_tokens = completion_tokens + ?8, cost_picousd = cost_picousd + ?9,
            refused = refused + ?10, downgraded = downgraded + ?11,
            shadowed = shadowed + ?12
        WHERE day = ?1 AND member_id = ?2 AND team_id = ?3 AND key_id = ?4 AND model = ?5
        """

    private static let usageNewSQL = """
        INSERT INTO usage_day
            (day, member_id, team_id, key_id, model, requests, prompt_tokens, completion_tokens,
            cost_picousd, refused, downgraded, shadowed)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
        """

    private static let monthMoreSQL = """
        UPDATE spend_month SET spent_picousd = spent_picousd + ?5
        WHERE month_first_day = ?1 AND member_id = ?2 AND team_id = ?3 AND key_id = ?4
        """

    private static let monthNewSQL = """
        INSERT INTO spend_month (month_first_day, member_id, team_id, key_id, spent_picousd)
        VALUES (?1, ?2, ?3, ?4, ?5)
        """
}
