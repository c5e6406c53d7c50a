import OpenRouterWire
import Purser

/// One thing that a tier says, under the name by which people and programs know it.
///
/// Commands, the team file and every listing go through this one table: what `tier show` prints
/// is what `tier set` and the file take.
struct TierSetting: Sendable {
    /// What its value is to a program.
    enum Shape: Sendable {
        case flag
        case number
        case text
        case list
        /// An object of names and texts, or of names and numbers.
        case texts
        case numbers
    }

    /// As in JSON and the team file; the option has hyphens instead.
    let name: String
    let shape: Shape
    /// For people: what stands in front of the value.
    let title: String
    /// For people: what holds where it is not set.
    let absent: String
    /// The value as it is typed, one text for each element; `nil` where it is not set.
    let read: @Sendable (Tier) -> [String]?
    /// Puts what was typed into a tier, or says what is wrong with it; hours are in the zone.
    let write: @Sendable (inout Tier, [String], Zone) throws(TierFault) -> Void
}

/// Why something cannot be a tier's: lower case, no full stop.
struct TierFault: Error, Hashable, Sendable {
    var message: String

    init(_ message: String) { self.message = message }
}

extension TierSetting {
    /// In the order of every listing.
    static let all: [TierSetting] =
        modelSettings + amountSettings + purchaseSettings + callSettings + rateSettings
        + [
            TierSetting(
                name: "shadow", shape: .list, title: "in shadow", absent: "no rule",
                read: { tier in Rule.allCases.filter(tier.shadowed.contains).map(\.rawValue) },
                write: { tier, texts, _ throws(TierFault) in
                    let isAll = texts == ["all"]
                    tier.shadowed =
                        isAll ? Set(Rule.allCases) : Set(try known(texts, Rule.self, "rule"))
                })
        ]

    static func named(_ name: String) -> TierSetting? { all.first { $0.name == name } }

    private static let modelSettings: [TierSetting] = [
        TierSetting(
            name: "models", shape: .list, title: "models", absent: "every model",
            read: { $0.models.map(\.text) },
            write: { tier, texts, _ throws(TierFault) in tier.models = try patterns(texts) }),
        TierSetting(
            name: "deny_models", shape: .list, title: "denied models", absent: "none",
            read: { $0.deniedModels.map(\.text) },
            write: { tier, texts, _ throws(TierFault) in
                tier.deniedModels = try patterns(texts)
            }),
        TierSetting(
            name: "otherwise", shape: .text, title: "otherwise", absent: "deny",
            read: { [$0.otherwise.rawValue] },
            write: { tier, texts, _ throws(TierFault) in
                tier.otherwise = try known(texts, Tier.Otherwise.self, "answer").last ?? .deny
            }),
        TierSetting(
            name: "downgrade_to", shape: .text, title: "downgrade to",
            absent: "the last model without a star",
            read: { $0.downgradeTo.map { [$0] } },
            write: { tier, texts, _ throws(TierFault) in
                tier.downgradeTo = try model(try one(texts))
            }),
        TierSetting(
            name: "aliases", shape: .texts, title: "aliases", absent: "none",
            read: { tier in tier.aliases.sorted { $0.key < $1.key }.map { "\($0)=\($1)" } },
            write: { tier, texts, _ throws(TierFault) in
                for (alias, text) in try pairs(texts, "fast=openai/gpt-4o-mini") {
                    guard isWord(alias), alias == alias.lowercased() else {
                        throw TierFault("\"\(alias)\" is no alias: write small letters, no spaces")
                    }
                    tier.aliases[alias] = try model(text)
                }
            }),
    ]

    private static let amountSettings: [TierSetting] = [
        TierSetting(
            name: "max_tokens", shape: .number, title: "output tokens at most",
            absent: "the model's limit",
            read: { $0.outputTokensMax.map { ["\($0)"] } },
            write: { tier, texts, _ throws(TierFault) in
                tier.outputTokensMax = try count(try one(texts))
            }),
        TierSetting(
            name: "max_effort", shape: .text, title: "effort at most", absent: "any",
            read: { $0.effortMax.map { [$0.rawValue] } },
            write: { tier, texts, _ throws(TierFault) in
                tier.effortMax = try known([try one(texts)], ReasoningEffort.self, "effort").first
            }),
        price("max_prompt_price", "dollars a million prompt tokens", \.promptPriceMax),
        price("max_completion_price", "dollars a million output tokens", \.completionPriceMax),
        TierSetting(
            name: "max_request_usd", shape: .number, title: "dollars a call", absent: "any",
            read: { $0.requestCostMax.map { [$0.description] } },
            write: { tier, texts, _ throws(TierFault) in
                tier.requestCostMax = try dollars(try one(texts))
            }),
        flag("clamp", "lowers output limits", \.clampsOutput),
        TierSetting(
            name: "ceilings", shape: .numbers, title: "ceilings", absent: "none",
            read: { tier in
                Extra.allCases.compactMap { kind in
                    tier.ceilings[kind].map { "\(kind.rawValue)=\($0)" }
                }
            },
            write: { tier, texts, _ throws(TierFault) in
                for (name, text) in try pairs(texts, "image=0.01") {
                    guard let kind = Extra(rawValue: name) else {
                        throw TierFault(
                            "\"\(name)\" is no kind with a ceiling: write one of \(Extra.words)")
                    }
                    let amount = try dollars(text)
                    guard USD.isPlausibleCost(amount) else {
                        throw TierFault("a ceiling must not be more than \(USD.callCostMax)")
                    }
                    tier.ceilings[kind] = amount
                }
            }),
    ]

    private static let purchaseSettings: [TierSetting] = [
        TierSetting(
            name: "extras", shape: .list, title: "extras", absent: "all that have a bound",
            read: { tier in
                tier.extras.map { extras in
                    Extra.allCases.filter(extras.contains).map(\.rawValue)
                }
            },
            write: { tier, texts, _ throws(TierFault) in
                let isNone = texts == ["none"]
                tier.extras = isNone ? [] : Set(try known(texts, Extra.self, "extra"))
            }),
        TierSetting(
            name: "providers", shape: .list, title: "providers", absent: "every provider",
            read: { $0.providers },
            write: { tier, texts, _ throws(TierFault) in tier.providers = try slugs(texts) }),
        TierSetting(
            name: "deny_providers", shape: .list, title: "denied providers", absent: "none",
            read: { $0.deniedProviders },
            write: { tier, texts, _ throws(TierFault) in
                tier.deniedProviders = try slugs(texts)
            }),
        flag("zdr", "zero data retention", \.requiresZeroRetention),
    ]

    private static let callSettings: [TierSetting] = [
        TierSetting(
            name: "hours", shape: .text, title: "hours", absent: "any time",
            read: { $0.hours.map { [$0.text] } },
            write: { tier, texts, zone throws(TierFault) in
                // A file may give each run as an element of its own.
                let text = texts.joined(separator: ", ")
                guard let hours = OpeningHours(text, zone: zone) else {
                    throw TierFault("\"\(text)\" are no hours: write mon-fri 08:00-18:00")
                }
                tier.hours = hours
            }),
        TierSetting(
            name: "hours_zone", shape: .text, title: "hours' zone",
            absent: "the organisation's",
            read: { $0.hours.map { [$0.zone.name] } },
            write: { tier, _, _ throws(TierFault) in
                // Hours stand above: they have been read in this zone.
                guard tier.hours != nil else { throw TierFault("is for hours, and there are none") }
            }),
        flag("require_attribution", "attribution is required", \.requiresAttribution),
        TierSetting(
            name: "pass_fields", shape: .list, title: "passed fields", absent: "none",
            read: { $0.passedFields.sorted() },
            write: { tier, texts, _ throws(TierFault) in
                for text in texts where !isWord(text) {
                    throw TierFault("\"\(text)\" is no field of a request")
                }
                for text in texts where ChatField.isLikeKnown(text) {
                    throw TierFault("\"\(text)\" is a field that has a rule of its own")
                }
                tier.passedFields = Set(try once(texts))
            }),
    ]

    private static let rateSettings: [TierSetting] = [
        rate("requests_per_minute", "calls a minute", \.requestsPerMinute),
        rate("tokens_per_minute", "tokens a minute", \.tokensPerMinute),
        rate("parallel", "calls at once", \.parallel),
    ]
}

extension TierSetting {
    private static func flag(
        _ name: String, _ title: String, _ path: any WritableKeyPath<Tier, Bool> & Sendable
    ) -> TierSetting {
        TierSetting(
            name: name, shape: .flag, title: title, absent: "no",
            read: { $0[keyPath: path] ? ["yes"] : nil },
            write: { tier, texts, _ throws(TierFault) in
                switch try one(texts) {
                case "yes", "true": tier[keyPath: path] = true
                case "no", "false": tier[keyPath: path] = false
                default: throw TierFault("\"\(try one(texts))\" is neither true nor false")
                }
            })
    }

    private static func price(
        _ name: String, _ title: String,
        _ path: any WritableKeyPath<Tier, UnitPrice?> & Sendable
    ) -> TierSetting {
        TierSetting(
            name: name, shape: .number, title: title, absent: "any",
            read: { $0[keyPath: path].map { [$0.perMillion] } },
            write: { tier, texts, _ throws(TierFault) in
                // A picodollar for a million tokens is an attodollar for one.
                let million = try dollars(try one(texts))
                tier[keyPath: path] = UnitPrice(attodollars: Int128(million.picodollars))
            })
    }

    private static func rate(
        _ name: String, _ title: String,
        _ path: any WritableKeyPath<RateLimit, Int64?> & Sendable
    ) -> TierSetting {
        TierSetting(
            name: name, shape: .numbers, title: title, absent: "any number",
            read: { tier in
                RateOwner.allCases.compactMap { owner in
                    tier.rates[keyPath: owner.path][keyPath: path].map {
                        "\(owner.rawValue)=\($0)"
                    }
                }
            },
            write: { tier, texts, _ throws(TierFault) in
                if texts.count == 1, !texts[0].contains("=") {
                    tier.rates.member[keyPath: path] = try count(texts[0])
                    return
                }
                for (name, text) in try pairs(texts, "member=60") {
                    guard let owner = RateOwner(rawValue: name) else {
                        throw TierFault("\"\(name)\" has no rate: write key, member or tier")
                    }
                    tier.rates[keyPath: owner.path][keyPath: path] = try count(text)
                }
            })
    }
}

/// Whose rate is limited.
private enum RateOwner: String, CaseIterable {
    case key, member, tier

    var path: WritableKeyPath<RateLimits, RateLimit> {
        switch self {
        case .key: \.key
        case .member: \.member
        case .tier: \.tier
        }
    }
}
