import OpenRouterWire
import Purser

/// What was used, by day, key and endpoint.
struct Activity: Sendable {
    private struct Row: Hashable {
        var day: CivilDate
        var key: KeyDigest
        var model: String
        var tag: String
    }

    private struct Sums {
        var model: Model
        var endpoint: Endpoint
        var usage = USD.zero
        var requests: Int64 = 0
        var promptTokens: Int64 = 0
        var completionTokens: Int64 = 0
    }

    private var rows: [Row: Sums] = [:]

    /// How many completed days are listed.
    static let days = 30

    mutating func add(_ generation: Generation, key: KeyDigest) {
        let row = Row(
            day: Zone.utc.day(at: generation.endedAt), key: key, model: generation.model.id,
            tag: generation.endpoint.tag)
        var sums = rows[row] ?? Sums(model: generation.model, endpoint: generation.endpoint)
        sums.usage += generation.bill.cost.charge
        sums.requests += 1
        sums.promptTokens += generation.bill.promptTokens
        sums.completionTokens += generation.bill.completionTokens
        rows[row] = sums
    }

    func knows(_ key: KeyDigest) -> Bool {
        rows.keys.contains { $0.key == key }
    }

    /// The rows of those days, newest day first; keys are summed unless one is named.
    func json(days: ClosedRange<CivilDate>, key: KeyDigest?, namesWorkspace: Bool) -> JSON {
        struct Group: Hashable {
            var day: CivilDate
            var model: String
            var tag: String
        }
        var groups: [Group: Sums] = [:]
        for (row, sums) in rows where days.contains(row.day) {
            guard key == nil || key == row.key else { continue }
            let group = Group(day: row.day, model: row.model, tag: row.tag)
            var sum = groups[group] ?? Sums(model: sums.model, endpoint: sums.endpoint)
            sum.usage += sums.usage
            sum.requests += sums.requests
            sum.promptTokens += sums.promptTokens
            sum.completionTokens += sums.completionTokens
            groups[group] = sum
        }
        let sorted = groups.sorted {
            $0.key.day != $1.key.day
                ? $0.key.day > $1.key.day
                : ($0.key.model, $0.key.tag) < ($1.key.model, $1.key.tag)
        }
        return [
            "data": .array(
                sorted.map {
                    Activity.json(day: $0.key.day, $0.value, namesWorkspace: namesWorkspace)
                })
        ]
    }

    private static func json(day: CivilDate, _ sums: Sums, namesWorkspace: Bool) -> JSON {
        var object = JSONObject([
            ("date", .string(day.description)), ("model", .string(sums.model.id)),
            ("model_permaslug", .string(sums.model.slug)),
            ("endpoint_id", .string(sums.endpoint.id(of: sums.model))),
            ("provider_name", .string(sums.endpoint.provider.name)),
            ("usage", JSON(sums.usage)), ("byok_usage_inference", 0),
            ("requests", JSON(sums.requests)), ("prompt_tokens", JSON(sums.promptTokens)),
            ("completion_tokens", JSON(sums.completionTokens)), ("reasoning_tokens", 0),
            ("cached_tokens", 0),
        ])
        if namesWorkspace { object["workspace_id"] = .string(Account.workspaceID) }
        return .object(object)
    }
}

extension Sandbox {
    /// `GET /activity`: the last thirty completed days of UTC, or the one day of `date`, which
    /// here may also be today.
    func listActivity(_ request: SandboxRequest, now: Timestamp) throws(Refusal) -> JSON {
        let today = Zone.utc.day(at: now)
        var days = today.adding(days: -Activity.days)...today.adding(days: -1)
        if let text = request.parameter("date") {
            guard let day = CivilDate(text), (days.lowerBound...today).contains(day) else {
                throw .invalid("date must be YYYY-MM-DD within the last \(Activity.days) days")
            }
            days = day...day
        }
        var key: KeyDigest?
        if let text = request.parameter("api_key_hash") {
            guard let hash = KeyDigest(hex: text) else {
                throw .invalid("api_key_hash must be 64 hexadecimal digits")
            }
            guard account.keys[hash] != nil || activity.knows(hash) else { throw .noSuchResource }
            key = hash
        }
        let group = request.parameter("group_by")
        guard group == nil || group == "workspace" else {
            throw .invalid("group_by must be workspace")
        }
        let workspace = request.parameter("workspace_id")
        guard workspace == nil || workspace == Account.workspaceID else { throw .noSuchResource }
        return activity.json(days: days, key: key, namesWorkspace: group != nil)
    }
}
