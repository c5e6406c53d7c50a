import Management
import Purser
import Yams

extension TeamFile {
    /// Enough for thousands of members; what is larger is another file.
    static let bytesMax = 4 << 20

    /// Reads a file's text.
    init(yaml text: String) throws(Fault) {
        guard let root = try TeamFile.root(text) else { return }
        for section in try root.fields() {
            switch section.name {
            case "tiers": tiers = try section.value.entries().map(TeamFile.tier)
            case "teams": teams = try section.value.entries().map(TeamFile.team)
            case "members": members = try section.value.entries().map(TeamFile.member)
            default:
                throw Fault(
                    "\"\(section.name)\" is no section: write tiers, teams or members",
                    line: section.line)
            }
        }
    }

    private static func root(_ text: String) throws(Fault) -> YAMLValue? {
        do {
            // The encoding is named because the package would read the environment for it.
            let parser = try Yams.Parser(yaml: text, encoding: .utf8)
            return try parser.singleRoot().map { YAMLValue(node: $0, line: 1) }
        } catch {
            throw fault(error)
        }
    }

    private static func fault(_ error: any Error) -> Fault {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _)?, .parser(_, let problem, let mark, _)?,
            .composer(_, let problem, let mark, _)?:
            Fault(problem, line: mark.line)
        case .duplicatedKeysInMapping(let names, let context)?:
            Fault("names \(names.joined(separator: ", ")) twice", line: context.mark.line)
        default:
            Fault("is no YAML", line: 1)
        }
    }

    private static func tier(_ entry: YAMLField) throws(Fault) -> TierEntry {
        var form = TierForm(name: entry.name, values: [:])
        var lines: [String: Int] = [:]
        for field in try entry.value.fieldsOrNone() {
            guard let setting = TierSetting.named(field.name) else {
                throw Fault(
                    "\"\(field.name)\" is nothing that a tier says; \(words)", line: field.line)
            }
            lines[field.name] = field.line
            form.values[field.name] = try field.texts(for: setting)
        }
        return TierEntry(form: form, line: entry.line, settingLines: lines)
    }

    private static let words =
        "write \(TierSetting.all.map(\.name).joined(separator: ", "))"

    private static func team(_ entry: YAMLField) throws(Fault) -> TeamEntry {
        var team = TeamEntry(name: entry.name, line: entry.line, tier: .absent)
        for field in try entry.value.fieldsOrNone() {
            guard field.name == "tier" else {
                throw Fault("\"\(field.name)\" is nothing of a team: write tier", line: field.line)
            }
            team.tier = try field.reference()
        }
        return team
    }

    private static func member(_ entry: YAMLField) throws(Fault) -> MemberEntry {
        var member = MemberEntry(
            name: entry.name, line: entry.line, team: .absent, tier: .absent)
        for field in try entry.value.fieldsOrNone() {
            switch field.name {
            case "team": member.team = try field.reference()
            case "tier": member.tier = try field.reference()
            default:
                throw Fault(
                    "\"\(field.name)\" is nothing of a member: write team or tier",
                    line: field.line)
            }
        }
        return member
    }
}

/// A value and where it stands.
private struct YAMLValue {
    var node: Node
    var line: Int

    init(node: Node, line: Int) {
        self.node = node
        self.line = node.mark?.line ?? line
    }

    var isNothing: Bool { node.null != nil }

    /// The members of a mapping, each name once, whatever is written around it.
    func fields() throws(TeamFile.Fault) -> [YAMLField] {
        guard let mapping = node.mapping else {
            throw TeamFile.Fault("here stands a list of \"name: value\"", line: line)
        }
        var fields: [YAMLField] = []
        var names: Set<String> = []
        for (key, value) in mapping {
            let line = key.mark?.line ?? line
            guard case .scalar(let scalar) = key else {
                throw TeamFile.Fault("a name is a word", line: line)
            }
            guard names.insert(scalar.string).inserted else {
                throw TeamFile.Fault("names \(scalar.string) twice", line: line)
            }
            fields.append(
                YAMLField(
                    name: scalar.string, line: line, value: YAMLValue(node: value, line: line)))
        }
        return fields
    }

    /// Nothing at all is a mapping without members.
    func fieldsOrNone() throws(TeamFile.Fault) -> [YAMLField] {
        isNothing ? [] : try fields()
    }

    /// The members of a section, whose names are those of tiers, teams or members.
    func entries() throws(TeamFile.Fault) -> [YAMLField] {
        let fields = try fieldsOrNone()
        for field in fields where !Name.isValid(field.name) {
            throw TeamFile.Fault(
                "\"\(field.name)\" is no name: a name has \(Name.rule)", line: field.line)
        }
        return fields
    }

    /// A word or a number, as it is written.
    func scalar() throws(TeamFile.Fault) -> String {
        guard case .scalar(let scalar) = node, !isNothing else {
            throw TeamFile.Fault("here stands a word or a number", line: line)
        }
        return scalar.string
    }
}

/// One member of a mapping.
private struct YAMLField {
    var name: String
    var line: Int
    var value: YAMLValue

    /// The name of something else; nothing takes away what is there.
    func reference() throws(TeamFile.Fault) -> TeamFile.Field {
        if value.isNothing { return .given(nil, line: line) }
        let text = try value.scalar()
        guard Name.isValid(text) else {
            throw TeamFile.Fault("\"\(text)\" is no name: a name has \(Name.rule)", line: line)
        }
        return .given(text, line: line)
    }

    /// What the setting takes; `nil` for nothing, which is its default.
    func texts(for setting: TierSetting) throws(TeamFile.Fault) -> [String]? {
        if value.isNothing { return nil }
        switch value.node {
        case .scalar(let scalar):
            switch setting.shape {
            case .list, .texts, .numbers: return TierForm.parts(scalar.string)
            case .flag, .number, .text: return [scalar.string]
            }
        case .sequence(let elements):
            guard setting.shape == .list || setting.name == "hours" else { break }
            var texts: [String] = []
            for element in elements {
                texts.append(try YAMLValue(node: element, line: line).scalar())
            }
            return texts
        case .mapping:
            guard setting.shape == .texts || setting.shape == .numbers else { break }
            var texts: [String] = []
            for field in try value.fields() {
                guard !field.name.contains("=") else {
                    throw TeamFile.Fault("\"\(field.name)\" is no name", line: field.line)
                }
                texts.append("\(field.name)=\(try field.value.scalar())")
            }
            return texts
        case .alias: break
        }
        throw TeamFile.Fault("\(name) takes \(setting.shape.words)", line: line)
    }
}

extension TierSetting.Shape {
    fileprivate var words: String {
        switch self {
        case .flag: "true or false"
        case .number: "a number"
        case .text: "a word"
        case .list: "a list"
        case .texts, .numbers: "a list of \"name: value\""
        }
    }
}
