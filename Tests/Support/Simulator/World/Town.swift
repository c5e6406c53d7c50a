import Metering
import OpenRouterWire
import Purser
import TestSupport

/// Who is there and what they may spend: the directory, as far as the simulation changes it.
struct Town {
    var zone: Zone
    var teams: [Team]
    var tiers: [Tier]
    var members: [Member]
    var keys: [Key]
    var budgets: [Budget]
    var softLimits: [SoftLimit] = []

    let catalogue: Catalogue
    /// What people send, scanned once.
    let requests: [ChatRequest]

    init(using random: inout SeededGenerator) {
        let now = Timestamp(milliseconds: 0)
        zone = Town.berlin
        teams = [Team(id: ID(1), name: "red"), Team(id: ID(2), name: "blue")]
        tiers = [
            Tier(id: ID(1), name: "any", models: Town.patterns(["*"])),
            Tier(
                id: ID(2), name: "clamped", models: Town.patterns(["a/cheap"]),
                otherwise: .downgrade, requestCostMax: .dollars(2), clampsOutput: true),
        ]
        members = [
            Member(id: ID(1), name: "ann", team: ID(1), tier: ID(1), createdAt: now),
            Member(id: ID(2), name: "ben", team: ID(1), tier: ID(2), createdAt: now),
            Member(id: ID(3), name: "cyd", team: ID(2), createdAt: now),
            Member(id: ID(4), name: "bot", createdAt: now),
        ]
        keys = (1...5).map { number in
            Key(
                id: ID(number), digest: Town.digest(number), name: "key \(number)", label: "",
                member: ID(min(number, 4)), isShared: number == 5, createdAt: now)
        }
        budgets = []
        catalogue = Catalogue(
            [Town.model("a/cheap", "0.0005"), Town.model("b/dear", "0.002")])
        requests = Town.bodies.map { body in
            guard let request = try? ChatRequest.scan(Array(body.utf8).span) else {
                preconditionFailure("the simulation's bodies are requests")
            }
            return request
        }
        for _ in 0..<8 {
            budgets.append(Town.budget(scope(using: &random), using: &random))
        }
        budgets = Dictionary(grouping: budgets) { "\($0.scope) \($0.period)" }.values
            .compactMap(\.first).sorted { "\($0)" < "\($1)" }
    }

    func roster(revision: Int64) -> Roster {
        Roster(
            revision: revision, zone: zone, teams: teams, tiers: tiers, members: members,
            keys: keys, budgets: budgets, softLimits: softLimits, managementDigests: [])
    }

    /// With fewer there is nothing to simulate.
    static let budgetsMin = 5

    func scope(using random: inout SeededGenerator) -> Scope {
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1: .organisation
        case 2: .team(ID(Int64.random(in: 1...2, using: &random)))
        case 3: .key(ID(Int64.random(in: 1...5, using: &random)))
        default: .member(ID(Int64.random(in: 1...4, using: &random)))
        }
    }

    static func budget(_ scope: Scope, using random: inout SeededGenerator) -> Budget {
        let period = Period.allCases.randomElement(using: &random) ?? .daily
        let factor: Int64 =
            switch period {
            case .daily: 1
            case .weekly: 4
            case .monthly: 10
            case .total: 40
            }
        let cents = Int64.random(in: 200...1_800, using: &random) * factor
        return Budget(
            scope: scope, period: period, limit: USD(picodollars: cents * 10_000_000_000))
    }

    static func digest(_ number: Int64) -> KeyDigest {
        KeyDigest(words: (UInt64(number), 1, 2, 3))
    }

    private static func patterns(_ texts: [String]) -> [ModelPattern] {
        texts.compactMap(ModelPattern.init)
    }

    private static func model(_ id: String, _ price: String) -> ListedModel {
        let row: JSON = [
            "id": .string(id), "context_length": 4_000,
            "top_provider": ["max_completion_tokens": 1_000],
            "pricing": ["prompt": .string(price), "completion": .string(price)],
        ]
        guard let model = ListedModel(row) else { preconditionFailure("the row has an id") }
        return model
    }

    private static let bodies = [
        #"{"model":"a/cheap","messages":[{"role":"user","content":"hi"}],"max_tokens":300}"#,
        #"{"model":"a/cheap","messages":[{"role":"user","content":"hi"}],"stream":true}"#,
        #"{"model":"b/dear","messages":[{"role":"user","content":"hi"}],"max_tokens":900}"#,
        #"{"model":"b/dear","messages":[{"role":"user","content":"hi"}],"stream":true}"#,
        #"{"model":"a/cheap","messages":[{"role":"user","content":"hi"}],"max_tokens":100,"n":3}"#,
        #"{"model":"b/dear","models":["a/cheap"],"messages":[{"content":"a"}],"max_tokens":50}"#,
        #"{"model":"a/cheap","messages":[{"content":"a"}],"stream":true,"max_tokens":20}"#,
        #"{"model":"b/dear","messages":[{"content":"ab"}],"stream":true,"max_tokens":200}"#,
        #"{"model":"a/cheap","messages":[{"content":"abc"}],"max_tokens":150}"#,
        #"{"model":"a/cheap","messages":[{"content":"abcd"}],"stream":true,"max_tokens":500}"#,
    ]

    /// The last year whose clock changes are below.
    static let yearMax = 2040

    /// Berlin's clock changes: on the last Sundays of March and October.
    private static let berlin = Zone(
        name: "Europe/Berlin", firstOffsetSeconds: 3_600,
        transitions: [
            1_774_746_000, 1_792_890_000, 1_806_195_600, 1_824_944_400, 1_837_645_200,
            1_856_394_000, 1_869_094_800, 1_887_843_600, 1_901_149_200, 1_919_293_200,
            1_932_598_800, 1_950_742_800, 1_964_048_400, 1_982_797_200, 1_995_498_000,
            2_014_246_800, 2_026_947_600, 2_045_696_400, 2_058_397_200, 2_077_146_000,
            2_090_451_600, 2_108_595_600, 2_121_901_200, 2_140_045_200, 2_153_350_800,
            2_172_099_600, 2_184_800_400, 2_203_549_200, 2_216_250_000, 2_234_998_800,
        ].enumerated().map { number, seconds in
            Zone.Transition(
                at: Timestamp(milliseconds: seconds * 1_000),
                offsetSeconds: number.isMultiple(of: 2) ? 7_200 : 3_600)
        })
}
