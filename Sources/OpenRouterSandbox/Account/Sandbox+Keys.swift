import Credentials
import OpenRouterWire
import Purser

extension Sandbox {
    /// The most recent hundred keys make a page.
    private static let keysPerPage = 100

    /// `POST /keys`: 201, with the secret beside `data`, this once.
    mutating func createKey(_ request: SandboxRequest, now: Timestamp) throws(Refusal)
        -> SandboxReply.Whole
    {
        let fields = try KeyFields(creating: try request.json())
        let secret = Secret.mint(.openRouter, using: &generator)
        var key = SandboxKey(secret: secret, name: fields.name ?? "", createdAt: now)
        fields.apply(to: &key)
        account.add(key)
        return SandboxReply.Whole(
            status: 201, json: ["data": key.json(at: now), "key": .string(secret.reveal())])
    }

    /// `GET /keys`: newest first, a hundred at a time, disabled ones only on demand.
    func listKeys(_ request: SandboxRequest, now: Timestamp) throws(Refusal) -> JSON {
        let offset = try request.integer("offset", in: 0...Int.max) ?? 0
        let disabled = request.parameter("include_disabled")
        guard [nil, "true", "false"].contains(disabled) else {
            throw .invalid("include_disabled must be true or false")
        }
        let workspace = request.parameter("workspace_id")
        let isOurs = workspace == nil || workspace == Account.workspaceID
        let keys = account.order.reversed().compactMap { account.keys[$0] }
            .filter { isOurs && (disabled == "true" || !$0.isDisabled) }
        let page = keys.dropFirst(offset).prefix(Sandbox.keysPerPage)
        return ["data": .array(page.map { $0.json(at: now) })]
    }

    func key(_ hash: String) throws(Refusal) -> SandboxKey {
        guard let digest = KeyDigest(hex: hash), let key = account.keys[digest] else {
            throw .noSuchResource
        }
        return key
    }

    /// `PATCH /keys/{hash}`.
    mutating func changeKey(
        _ hash: String, _ request: SandboxRequest, now: Timestamp
    ) throws(Refusal) -> JSON {
        var key = try key(hash)
        try KeyFields(patching: try request.json()).apply(to: &key)
        key.updatedAt = now
        account.replace(key)
        return ["data": key.json(at: now)]
    }

    /// `DELETE /keys/{hash}`.
    mutating func deleteKey(_ hash: String) throws(Refusal) -> JSON {
        guard account.remove(try key(hash).hash) else { throw .noSuchResource }
        return ["deleted": true]
    }

    /// `GET /key`: what a key may know of itself; works with both kinds.
    func currentKey(_ request: SandboxRequest, now: Timestamp) throws(Refusal) -> JSON {
        let key: SandboxKey
        let isManagement: Bool
        switch try account.caller(of: request, now: now) {
        case .ordinary(let ordinary): (key, isManagement) = (ordinary, false)
        case .management: (key, isManagement) = (account.management, true)
        }
        let used = Int64(account.freeRequestsToday(at: now))
        let free = Int64(Account.freeRequestsPerDay)
        var data = JSONObject([("label", .string(key.label))])
        for member in key.money(at: now).members { data[member.name] = member.value }
        data["is_free_tier"] = false
        data["is_management_key"] = .bool(isManagement)
        data["is_provisioning_key"] = .bool(isManagement)
        data["creator_user_id"] = .string(Account.userID)
        data["organization_id"] = .null
        data["workspace_id"] = .string(Account.workspaceID)
        data["expires_at"] = JSON(key.expiresAt)
        data["allowed_data_regions"] = []
        data["budgets"] = []
        data["effective_budget"] = .null
        data["free_model_daily_requests"] = [
            "used": JSON(used), "limit": JSON(free), "remaining": JSON(free - used),
        ]
        data["rate_limit"] = [
            "requests": -1, "interval": "10s",
            "note": "This field is deprecated and safe to ignore.",
        ]
        return ["data": .object(data)]
    }

    /// `GET /credits`.
    var credits: JSON {
        [
            "data": [
                "total_credits": JSON(account.credits), "total_usage": JSON(account.charged),
            ]
        ]
    }
}
