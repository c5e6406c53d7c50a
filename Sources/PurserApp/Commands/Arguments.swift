import ArgumentParser
import Management
import Purser

/// Reads an amount of dollars: `5`, `0.50`, `$5`.
func readLimit(_ text: String) throws -> USD {
    let digits = text.hasPrefix("$") ? String(text.dropFirst()) : text
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }) else {
        throw ValidationError("an amount of dollars looks like 5, 0.50 or $5")
    }
    do throws(LimitText.Fault) {
        return try LimitText.parse(digits)
    } catch {
        throw ValidationError("an amount of dollars \(error.phrase)")
    }
}

/// Reads an amount of dollars, or `none` for no limit at all.
func readLimitOrNone(_ text: String) throws -> LimitOrNone {
    LimitOrNone(limit: text == "none" ? nil : try readLimit(text))
}

struct LimitOrNone: Sendable {
    /// `nil` removes the limit.
    var limit: USD?
}

/// Reads a day of the calendar: `2026-12-24`.
func readDay(_ text: String) throws -> CivilDate {
    guard let day = CivilDate(text) else {
        throw ValidationError("a day looks like 2026-12-24")
    }
    return day
}

/// Reads the name of a member, team or tier.
func readName(_ text: String) throws -> String {
    guard Name.isValid(text) else { throw ValidationError("a name has \(Name.rule)") }
    return text
}

/// `--daily`, `--weekly`, `--monthly` and `--total`.
struct BudgetOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Dollars from midnight to midnight, or none.", valueName: "usd"),
        transform: readLimitOrNone)
    var daily: LimitOrNone?

    @Option(
        help: ArgumentHelp("Dollars from Monday to Monday, or none.", valueName: "usd"),
        transform: readLimitOrNone)
    var weekly: LimitOrNone?

    @Option(
        help: ArgumentHelp("Dollars from the first to the first, or none.", valueName: "usd"),
        transform: readLimitOrNone)
    var monthly: LimitOrNone?

    @Option(
        help: ArgumentHelp("Dollars for ever, or none.", valueName: "usd"),
        transform: readLimitOrNone)
    var total: LimitOrNone?

    /// What was given, in the order of the periods.
    var changes: [(period: Period, limit: USD?)] {
        let given: [(Period, LimitOrNone?)] = [
            (.daily, daily), (.weekly, weekly), (.monthly, monthly), (.total, total),
        ]
        return given.compactMap { period, change in change.map { (period, $0.limit) } }
    }
}
