import Purser

/// A tier as it was written down, setting by setting; what is not written has its default.
struct TierForm: Sendable {
    var name: String
    /// By the names of the settings.
    var values: [String: [String]]

    /// Why a form is no tier.
    struct Fault: Error, Hashable, Sendable {
        /// The setting it is about; `nil` for the whole.
        var setting: String?
        /// Lower case, no full stop.
        var message: String
    }

    /// The tier without an id, which the store gives.
    func tier(
        organisationZone: Zone, zone: (String) -> Zone?
    ) throws(Fault) -> Tier {
        var hoursZone = organisationZone
        if let names = values["hours_zone"] {
            guard names.count == 1, let zone = zone(names[0]) else {
                throw Fault(
                    setting: "hours_zone",
                    message: "there is no time zone named \"\(names.joined(separator: ", "))\"")
            }
            hoursZone = zone
        }
        var tier = Tier(id: ID(0), name: name, models: [])
        for setting in TierSetting.all {
            guard let texts = values[setting.name] else { continue }
            do {
                try setting.write(&tier, texts, hoursZone)
            } catch {
                throw Fault(setting: setting.name, message: error.message)
            }
        }
        try requireSense(tier)
        return tier
    }

    /// What is right by itself and means nothing together.
    private func requireSense(_ tier: Tier) throws(Fault) {
        guard tier.otherwise == .downgrade else {
            if tier.downgradeTo != nil {
                throw Fault(
                    setting: "downgrade_to", message: "nothing is downgraded: otherwise is deny")
            }
            return
        }
        guard let model = tier.downgradeModel else {
            throw Fault(
                setting: "otherwise",
                message: "downgrade needs a model without a star in models, or a downgrade_to")
        }
        guard tier.allows(model, slug: model) else {
            throw Fault(
                setting: "otherwise",
                message: "the tier does not allow \(model), which calls would be downgraded to")
        }
    }
}

extension TierForm {
    /// What is given between commas, without the spaces around it.
    static func parts(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            let start = part.drop { $0 == " " }
            return String(start.reversed().drop { $0 == " " }.reversed())
        }
    }
}
