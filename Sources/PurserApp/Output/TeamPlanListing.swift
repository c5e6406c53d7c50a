import OpenRouterWire
import Purser

/// What a file changes, or has changed.
enum TeamPlanListing {
    static func text(of plan: TeamPlan, _ format: OutputFormat) -> String {
        switch format {
        case .table: listing(of: plan).table
        case .csv: listing(of: plan).csv
        case .json: json(of: plan).text + "\n"
        }
    }

    private static func listing(of plan: TeamPlan) -> Listing {
        Listing(
            [
                Listing.Column("kind", title: "what"), Listing.Column("name", title: "name"),
                Listing.Column("action", title: "is"),
                Listing.Column("changes", title: "what is different", absent: ""),
            ],
            rows: plan.lines.map { line in
                let changes = line.changes.map { change in
                    "\(change.field) \(words(change.before, of: change.field)) → "
                        + words(change.after, of: change.field)
                }.joined(separator: "; ")
                return [
                    .text(line.kind.rawValue), .text(line.name), .text(line.action.rawValue),
                    .text(changes),
                ]
            })
    }

    private static func json(of plan: TeamPlan) -> JSON {
        [
            "changes": .array(
                plan.lines.map { line in
                    let fields = line.changes.map { change in
                        (
                            change.field,
                            ["before": change.before, "after": change.after] as JSON
                        )
                    }
                    return [
                        "kind": .string(line.kind.rawValue), "name": .string(line.name),
                        "action": .string(line.action.rawValue),
                        "fields": .object(JSONObject(fields)),
                    ]
                })
        ]
    }

    /// A value in short; what is not set says what holds then, where the field is a tier's.
    private static func words(_ value: JSON, of field: String) -> String {
        let words = words(value)
        guard words == "-", let setting = TierSetting.named(field) else { return words }
        // Only these are something else when they are empty than when they are not set.
        return field == "extras" && !value.isNull ? "none" : setting.absent
    }

    private static func words(_ value: JSON) -> String {
        switch value {
        case .null: "-"
        case .string(let text): text
        case .array(let elements):
            elements.isEmpty ? "-" : elements.map(words).joined(separator: ",")
        case .object(let members):
            members.members.isEmpty
                ? "-"
                : members.members.map { "\($0.name)=\(words($0.value))" }.joined(separator: ",")
        case .bool(let value): value ? "yes" : "no"
        case .number(let digits): digits
        }
    }
}
