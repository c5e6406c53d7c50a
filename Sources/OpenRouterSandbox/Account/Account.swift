import Credentials
import OpenRouterWire
import Purser

/// The one account of a sandbox: its keys, its credits and what it was charged.
struct Account: Sendable {
    static let userID = "user_2zSandboxOwner0000000000000001"
    static let workspaceID = "3b0c6f5e-8d1a-5c47-9a3e-6f2d1b7c9e01"

    /// Free requests a day, as for accounts that have bought ten credits or more.
    static let freeRequestsPerDay = 1_000
    /// Free requests a minute, for every account.
    static let freeRequestsPerMinute = 20

    var credits: USD
    private(set) var charged = USD.zero
    /// Newest last.
    private(set) var keys: [KeyDigest: SandboxKey] = [:]
    private(set) var order: [KeyDigest] = []
    let management: SandboxKey
    private var freeDay = (window: Window(firstDay: 0), count: 0)
    private var freeMinute = (minute: Int64(0), count: 0)

    init(credits: USD, management: Secret, now: Timestamp) {
        self.credits = credits
        self.management = SandboxKey(secret: management, name: "management", createdAt: now)
    }

    var balance: USD { credits - charged }

    mutating func add(_ key: SandboxKey) {
        keys[key.hash] = key
        order.append(key.hash)
    }

    mutating func replace(_ key: SandboxKey) {
        precondition(keys[key.hash] != nil, "only a known key can change")
        keys[key.hash] = key
    }

    mutating func remove(_ hash: KeyDigest) -> Bool {
        order.removeAll { $0 == hash }
        return keys.removeValue(forKey: hash) != nil
    }

    /// Takes the money from the account and counts it on the key, if that still exists.
    mutating func charge(_ amount: USD, to hash: KeyDigest, at now: Timestamp) {
        precondition(amount >= .zero, "nothing is ever paid back")
        charged += amount
        keys[hash]?.spend.add(amount, at: now)
        keys[hash]?.lastUsedAt = now
    }

    /// Forgets all spend; keys stay.
    mutating func forgetSpend() {
        charged = .zero
        for hash in order {
            keys[hash]?.spend = WindowedSpend()
            keys[hash]?.lastUsedAt = nil
        }
        freeDay = (Window(firstDay: 0), 0)
        freeMinute = (0, 0)
    }
}

extension Account {
    enum Caller {
        case ordinary(SandboxKey)
        case management
    }

    /// Who sends this request.
    func caller(of request: SandboxRequest, now: Timestamp) throws(Refusal) -> Caller {
        guard let secret = request.bearer else { throw .missingKey }
        let hash = Secret(secret).digest
        if hash == management.hash { return .management }
        guard let key = keys[hash] else { throw .unknownKey }
        guard !key.isDisabled else { throw Refusal(401, "This API key is disabled.") }
        guard !key.isExpired(at: now) else { throw Refusal(401, "This API key has expired.") }
        return .ordinary(key)
    }

    /// The key to complete with; a management key cannot.
    func completing(_ request: SandboxRequest, now: Timestamp) throws(Refusal) -> SandboxKey {
        switch try caller(of: request, now: now) {
        case .ordinary(let key): return key
        case .management: throw .unknownKey
        }
    }

    func requireManagement(_ request: SandboxRequest, now: Timestamp) throws(Refusal) {
        switch try caller(of: request, now: now) {
        case .ordinary: throw .notManagement
        case .management: return
        }
    }
}

extension Account {
    /// How many free requests this UTC day has seen.
    func freeRequestsToday(at now: Timestamp) -> Int {
        let today = Period.daily.window(holding: Zone.utc.day(at: now))
        return freeDay.window == today ? freeDay.count : 0
    }

    /// Counts a request to a free model; failed ones count too.
    mutating func countFreeRequest(at now: Timestamp) throws(Refusal) {
        let day = Zone.utc.day(at: now)
        let minute = now.seconds.dividedRoundingDown(by: 60)
        let thisMinute = freeMinute.minute == minute ? freeMinute.count : 0
        guard thisMinute < Account.freeRequestsPerMinute else {
            throw Account.freeLimit(
                "free-models-per-min. ", Account.freeRequestsPerMinute,
                resets: Timestamp(milliseconds: (minute + 1) * 60_000))
        }
        let today = freeRequestsToday(at: now)
        guard today < Account.freeRequestsPerDay else {
            throw Account.freeLimit(
                "free-models-per-day-high-balance. ", Account.freeRequestsPerDay,
                resets: Zone.utc.start(of: day.adding(days: 1)))
        }
        freeMinute = (minute, thisMinute + 1)
        freeDay = (Period.daily.window(holding: day), today + 1)
    }

    private static func freeLimit(_ name: String, _ limit: Int, resets: Timestamp) -> Refusal {
        let fields = [
            ("X-RateLimit-Limit", String(limit)), ("X-RateLimit-Remaining", "0"),
            ("X-RateLimit-Reset", String(resets.milliseconds)),
        ]
        return Refusal(
            429, "Rate limit exceeded: \(name)",
            metadata: ["headers": .object(JSONObject(fields.map { ($0.0, .string($0.1)) }))],
            namesUser: true, headers: fields.map { SandboxReply.Header($0.0, $0.1) })
    }
}
