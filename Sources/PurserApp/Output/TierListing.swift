import OpenRouterWire
import Purser

/// Tiers, as commands show them.
enum TierListing {
    /// A line for each; programs get every setting in a column of its own.
    static func text(of tiers: [Tier], _ format: OutputFormat) -> String {
        switch format {
        case .table: listing(of: tiers).table
        case .csv: listing(of: tiers).csv
        case .json: (["tiers": .array(tiers.map(json))] as JSON).text + "\n"
        }
    }

    /// One tier by itself: for people, a line for each setting.
    static func text(of tier: Tier, _ format: OutputFormat) -> String {
        switch format {
        case .table: settings(of: tier).table
        case .csv: listing(of: [tier]).csv
        case .json: json(of: tier).text + "\n"
        }
    }

    private static let inLine: Set<String> = ["models", "otherwise"]

    private static func listing(of tiers: [Tier]) -> Listing {
        Listing(
            [Listing.Column("name", title: "tier")]
                + TierSetting.all.map { setting in
                    Listing.Column(
                        setting.name, title: inLine.contains(setting.name) ? setting.title : nil,
                        absent: setting.absent)
                } + [Listing.Column("more", title: "more", isField: false, absent: "")],
            rows: tiers.map { tier in
                [.text(tier.name)]
                    + TierSetting.all.map { setting in
                        if setting.shape == .flag { return .flag(setting.read(tier) != nil) }
                        return Listing.Cell(setting.plain(tier, separator: ","))
                    } + [.text(more(tier))]
            })
    }

    /// What is set beside the columns that people see.
    private static func more(_ tier: Tier) -> String {
        TierSetting.all.compactMap { setting in
            guard !inLine.contains(setting.name), let text = setting.plain(tier, separator: ",")
            else { return nil }
            return setting.shape == .flag ? setting.title : "\(setting.title) \(text)"
        }.joined(separator: "; ")
    }

    private static func settings(of tier: Tier) -> Listing {
        Listing(
            [
                Listing.Column("setting", title: "tier"),
                Listing.Column("value", title: tier.name),
            ],
            rows: TierSetting.all.map { setting in
                let text = setting.plain(tier, separator: ", ") ?? setting.absent
                return [.text(setting.title), .text(text)]
            })
    }

    static func json(of tier: Tier) -> JSON {
        .object(
            JSONObject(
                [("name", .string(tier.name))]
                    + TierSetting.all.map { ($0.name, $0.json(of: tier)) }))
    }
}

extension TierSetting {
    /// Its value as it is typed; `nil` where it is not set.
    func plain(_ tier: Tier, separator: String) -> String? {
        guard let texts = read(tier) else { return nil }
        // Only these are something else when they are empty than when they are not set.
        if texts.isEmpty { return name == "extras" ? "none" : nil }
        return texts.joined(separator: separator)
    }

    /// Its value for programs: null where a scalar is not set, empty where a list is not.
    func json(of tier: Tier) -> JSON {
        let texts = read(tier)
        switch shape {
        case .flag: return .bool(texts != nil)
        case .number: return texts?.first.map(JSON.number) ?? .null
        case .text: return JSON(texts?.first)
        case .list: return texts.map { .array($0.map(JSON.string)) } ?? .null
        case .texts, .numbers:
            let members = (texts ?? []).map { text in
                let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
                return (sides[0], shape == .texts ? JSON.string(sides[1]) : .number(sides[1]))
            }
            return .object(JSONObject(members))
        }
    }
}
