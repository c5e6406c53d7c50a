import OpenRouterWire
package import Purser

/// What a new key is asked to be: OpenRouter's fields and Purser's own, checked one by one.
package struct NewKeyFields: Hashable, Sendable {
    /// Free text for people.
    package var name: String
    /// Who holds it; made if new.
    package var member: String
    /// `nil` for no limit of its own.
    package var limit: USD?
    package var limitReset = Period.total
    /// `nil` if it never expires.
    package var expiresAt: Timestamp?
    /// The key's if it is shared, else the member's; `nil` leaves what is there.
    package var tier: String?
    /// The member's; made if new; `nil` leaves what is there.
    package var team: String?
    package var isShared = false
    /// The key's if it is shared, else the member's; an amount of `nil` removes the budget.
    package var budgets: [Period: USD?] = [:]

    /// A key for a member; `name` is the member's unless another is given.
    package init(member: String, name: String? = nil) {
        self.member = member
        self.name = name ?? member
    }

    /// Reads the body of `POST /keys`.
    init(body: [UInt8]) throws(ManagementFailure) {
        var reader = try FieldReader(body: body)
        guard let name = try reader.text("name") else {
            throw .malformed("\"name\" is missing: say what the key is called.")
        }
        self.name = try KeyName.checked(name)
        member = try NewKeyFields.memberName(try reader.text("member"), keyName: name)
        limit = try reader.limit("limit")
        limitReset = try NewKeyFields.limitReset(try reader.text("limit_reset"))
        expiresAt = try reader.text("expires_at").map(NewKeyFields.expiry)
        tier = try NewKeyFields.name(try reader.text("tier"), field: "tier")
        team = try NewKeyFields.name(try reader.text("team"), field: "team")
        isShared = try reader.bool("shared") ?? false
        if var amounts = try reader.object("budgets") {
            for period in Period.allCases where amounts.has(period.name) {
                budgets.updateValue(try amounts.limit(period.name), forKey: period)
            }
            try amounts.finish()
        }
        try NewKeyFields.readWithoutMeaningHere(&reader)
        try reader.finish()
    }

    /// Fields whose every value means the same here: there is one workspace, nobody brings a
    /// provider's key of their own, and who asked is known by the management key.
    static func readWithoutMeaningHere(_ reader: inout FieldReader) throws(ManagementFailure) {
        _ = try reader.bool("include_byok_in_limit")
        _ = try reader.text("workspace_id")
        _ = try reader.text("creator_user_id")
    }

    static func limitReset(_ text: String?) throws(ManagementFailure) -> Period {
        guard let text else { return .total }
        guard let period = Period(name: text), period != .total else {
            throw .malformed("\"limit_reset\" must be daily, weekly, monthly or null.")
        }
        return period
    }

    private static func name(
        _ text: String?, field: String
    ) throws(ManagementFailure) -> String? {
        guard let text, !Name.isValid(text) else { return text }
        throw .malformed("\"\(field)\" must be \(Name.rule).")
    }

    /// The member's name as given, else the key's with what a name may not have as hyphens.
    private static func memberName(
        _ text: String?, keyName: String
    ) throws(ManagementFailure) -> String {
        if let given = try name(text, field: "member") { return given }
        guard let derived = Name.derived(from: keyName) else {
            throw .malformed(
                "\"name\" gives no member's name: send \"member\", \(Name.rule).")
        }
        return derived
    }

    private static func expiry(_ text: String) throws(ManagementFailure) -> Timestamp {
        guard let instant = Timestamp(text) else {
            throw .malformed("\"expires_at\" must be like 2027-01-31T00:00:00Z.")
        }
        guard isInUTC(text) else {
            throw .malformed("\"expires_at\" must be in UTC: \(instant).")
        }
        return instant
    }

    /// Whether an instant's offset, if it has one, is nought; an instant has no other sign
    /// behind its date.
    private static func isInUTC(_ instant: String) -> Bool {
        let clock = instant.utf8.dropFirst(10)
        let sign = clock.firstIndex { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
        return sign.map { index in
            clock[index...].dropFirst().allSatisfy {
                $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ":")
            }
        } ?? true
    }
}

/// What a key may be called: anything that fits a line of a table.
package enum KeyName {
    package static let lengthMax = 200

    /// Whether `name` is a line of text that is not too long.
    package static func isValid(_ name: String) -> Bool {
        (1...lengthMax).contains(name.utf8.count)
            && name.unicodeScalars.contains { !$0.properties.isWhitespace }
            && name.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .control, .lineSeparator, .paragraphSeparator: false
                default: true
                }
            }
    }

    static func checked(_ name: String) throws(ManagementFailure) -> String {
        guard !isValid(name) else { return name }
        throw .malformed("\"name\" must be a line of 1 to \(lengthMax) bytes.")
    }
}

extension Name {
    /// The rule in words, behind "must be".
    package static let rule = "1 to \(lengthMax) letters, digits or . _ - @ +"

    /// The nearest valid name: what a name may not have becomes hyphens; `nil` if nothing is left.
    static func derived(from text: String) -> String? {
        if isValid(text) { return text }
        var name = ""
        for character in text {
            if isValid(String(character)) {
                name.append(character)
            } else if name.last != "-", !name.isEmpty {
                name.append("-")
            }
            if name.utf8.count == lengthMax { break }
        }
        while name.last == "-" { name.removeLast() }
        return name.isEmpty ? nil : name
    }
}
