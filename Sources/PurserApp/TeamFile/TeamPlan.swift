import OpenRouterWire
import Purser
import Storage

/// What a file changes in a directory as it is now.
struct TeamPlan: Sendable {
    enum Action: String, Sendable { case added, changed, unchanged }

    enum Kind: String, Sendable { case tier, team, member }

    /// One thing that the file names.
    struct Line: Sendable {
        var kind: Kind
        var name: String
        var action: Action
        /// What is different; empty if nothing is.
        var changes: [Change]
    }

    /// One setting or field, as people and as programs read it.
    struct Change: Sendable {
        var field: String
        var before: JSON
        var after: JSON
    }

    private(set) var lines: [Line] = []
    /// In an order in which each finds what it names.
    private(set) var changes: [DirectoryChange] = []
    /// The tiers among the changes.
    private(set) var tiers: [Tier] = []
    /// Under which it was made.
    let revision: Int64

    private let roster: Roster
    private let tierNames: Set<String>

    init(
        _ file: TeamFile, on roster: Roster, zone: (String) -> Zone?
    ) throws(TeamFile.Fault) {
        self.roster = roster
        revision = roster.revision
        tierNames = Set(roster.tiers.map(\.name) + file.tiers.map(\.form.name))
        for entry in file.tiers { try add(entry, zone) }
        for entry in file.teams { try add(entry) }
        for entry in file.members { try add(entry) }
    }

    private mutating func add(
        _ entry: TeamFile.TierEntry, _ zone: (String) -> Zone?
    ) throws(TeamFile.Fault) {
        let tier: Tier
        do throws(TierForm.Fault) {
            tier = try entry.form.tier(organisationZone: roster.zone, zone: zone)
        } catch {
            let place = error.setting.map { "\($0): " } ?? ""
            throw TeamFile.Fault(
                "\(place)\(error.message)",
                line: error.setting.flatMap { entry.settingLines[$0] } ?? entry.line)
        }
        let present = roster.tier(named: tier.name)
        let nothing = Tier(id: ID(0), name: tier.name, models: [])
        let differences = TierSetting.all.compactMap { setting -> Change? in
            let (before, after) = (setting.json(of: present ?? nothing), setting.json(of: tier))
            return before == after ? nil : Change(field: setting.name, before: before, after: after)
        }
        add(.tier, tier.name, isNew: present == nil, differences, .tier(tier))
        if present == nil || !differences.isEmpty { tiers.append(tier) }
    }

    private mutating func add(_ entry: TeamFile.TeamEntry) throws(TeamFile.Fault) {
        try requireTier(entry.tier)
        let present = roster.team(named: entry.name)
        let difference = difference("tier", tierName(present?.tier), entry.tier)
        let tier: FieldChange<String?> =
            if case .given(let tier, _) = entry.tier { .set(tier) } else { .unchanged }
        add(
            .team, entry.name, isNew: present == nil, [difference].compactMap { $0 },
            .team(entry.name, tier: tier))
    }

    private mutating func add(_ entry: TeamFile.MemberEntry) throws(TeamFile.Fault) {
        try requireTier(entry.tier)
        let present = roster.member(named: entry.name)
        guard present?.removedAt == nil else {
            throw TeamFile.Fault(
                "\(entry.name) has left: take the line out, or purser member add \(entry.name)",
                line: entry.line)
        }
        let team = present?.team.flatMap { roster.team($0)?.name }
        let differences = [
            difference("team", team, entry.team),
            difference("tier", tierName(present?.tier), entry.tier),
        ].compactMap { $0 }
        guard present != nil else {
            return add(
                .member, entry.name, isNew: true, differences,
                .newMember(entry.name, team: entry.team.name, tier: entry.tier.name))
        }
        var change = MemberChange()
        if case .given(let team, _) = entry.team { change.team = .set(team) }
        if case .given(let tier, _) = entry.tier { change.tier = .set(tier) }
        add(.member, entry.name, isNew: false, differences, .member(entry.name, change))
    }

    private mutating func add(
        _ kind: Kind, _ name: String, isNew: Bool, _ differences: [Change],
        _ change: DirectoryChange
    ) {
        let action: Action = isNew ? .added : differences.isEmpty ? .unchanged : .changed
        lines.append(Line(kind: kind, name: name, action: action, changes: differences))
        if action != .unchanged { changes.append(change) }
    }

    private func difference(
        _ field: String, _ before: String?, _ given: TeamFile.Field
    ) -> Change? {
        guard case .given(let after, _) = given, after != before else { return nil }
        return Change(field: field, before: JSON(before), after: JSON(after))
    }

    private func requireTier(_ field: TeamFile.Field) throws(TeamFile.Fault) {
        guard case .given(let name?, let line) = field, !tierNames.contains(name) else { return }
        throw TeamFile.Fault("there is no tier named \(name), here or in the database", line: line)
    }

    private func tierName(_ tier: ID<Tier>?) -> String? {
        tier.flatMap { roster.tier($0)?.name }
    }
}

extension TeamFile.Field {
    fileprivate var name: String? {
        if case .given(let name, _) = self { name } else { nil }
    }
}
