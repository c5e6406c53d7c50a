import Credentials
import OpenRouterWire
import Purser

/// One ordinary key of the account.
struct SandboxKey: Sendable {
    var hash: KeyDigest
    /// The masked secret.
    var label: String
    var name: String
    var isDisabled = false
    /// `nil` is unlimited.
    var limit: USD?
    /// When the limit starts anew; `total` never does.
    var reset = Period.total
    var countsByok = false
    var createdAt: Timestamp
    var updatedAt: Timestamp?
    var lastUsedAt: Timestamp?
    /// As it was written, after the check.
    var expiresAt: Timestamp?
    var spend = WindowedSpend()

    init(secret: Secret, name: String, createdAt: Timestamp) {
        hash = secret.digest
        label = secret.label
        self.name = name
        self.createdAt = createdAt
    }

    /// What the limit still allows, below zero after an overshoot; `nil` without a limit.
    func remaining(at now: Timestamp) -> USD? {
        limit.map { $0 - spend.amount(reset, at: now) }
    }

    func isExpired(at now: Timestamp) -> Bool {
        expiresAt.map { $0 <= now } ?? false
    }
}

/// Spend for ever, and in the current day, week and month of UTC.
struct WindowedSpend: Sendable {
    private var total = USD.zero
    private var current: [Period: (window: Window, amount: USD)] = [:]

    mutating func add(_ amount: USD, at now: Timestamp) {
        total += amount
        let windows = Windows(holding: Zone.utc.day(at: now))
        for period in [Period.daily, .weekly, .monthly] {
            current[period] = (windows[period], self.amount(period, in: windows) + amount)
        }
    }

    func amount(_ period: Period, at now: Timestamp) -> USD {
        amount(period, in: Windows(holding: Zone.utc.day(at: now)))
    }

    private func amount(_ period: Period, in windows: Windows) -> USD {
        guard period != .total else { return total }
        guard let entry = current[period], entry.window == windows[period] else { return .zero }
        return entry.amount
    }
}

extension SandboxKey {
    /// The object of the management API.
    func json(at now: Timestamp) -> JSON {
        var object = JSONObject([
            ("hash", .string(hash.hex)), ("name", .string(name)), ("label", .string(label)),
            ("disabled", .bool(isDisabled)),
        ])
        for member in money(at: now).members { object[member.name] = member.value }
        object["created_at"] = .string(createdAt.offsetText)
        object["updated_at"] = JSON(updatedAt?.offsetText)
        object["last_used_at"] = JSON(lastUsedAt?.offsetText)
        object["external_user"] = .null
        object["creator_user_id"] = .string(Account.userID)
        object["expires_at"] = JSON(expiresAt)
        object["workspace_id"] = .string(Account.workspaceID)
        return .object(object)
    }

    /// Limit and usage, which a key also sees of itself.
    func money(at now: Timestamp) -> JSONObject {
        func spent(_ period: Period) -> JSON { JSON(spend.amount(period, at: now)) }
        return JSONObject([
            ("limit", JSON(limit)), ("limit_remaining", JSON(remaining(at: now))),
            ("limit_reset", reset == .total ? .null : .string(reset.name)),
            ("include_byok_in_limit", .bool(countsByok)),
            ("usage", spent(.total)), ("usage_daily", spent(.daily)),
            ("usage_weekly", spent(.weekly)), ("usage_monthly", spent(.monthly)),
            ("byok_usage", 0), ("byok_usage_daily", 0), ("byok_usage_weekly", 0),
            ("byok_usage_monthly", 0),
        ])
    }
}

extension Timestamp {
    /// OpenRouter's other way to write an instant: `2026-09-29T10:00:00.000000+00:00`.
    var offsetText: String {
        let plain = Timestamp(milliseconds: seconds * 1_000).description.dropLast()
        let micros = Int(milliseconds - seconds * 1_000) * 1_000
        return "\(plain).\(padded(micros, 6))+00:00"
    }
}
