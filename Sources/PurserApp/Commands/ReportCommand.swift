import ArgumentParser
import Purser
import Storage

extension ReportAxis: ExpressibleByArgument {}

/// `purser report`
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Show who or what spent how much.",
        discussion: """
            Days begin at midnight in the organisation's time zone, weeks on Monday.

            Example:
              purser report --by model --period 2026-11-01..2026-11-15 --format csv
            """)

    @Option(help: "What to break the spend down by.")
    var by: ReportAxis = .member

    @Option(
        help: ArgumentHelp(
            "day, week or month: the present one; or FROM..TO, both days included.",
            valueName: "period"))
    var period = "week"

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func run() throws {
        let books = try database.open()
        let roster = try books.directory.roster()
        let today = roster.zone.day(at: books.now)
        guard let days = ReportPeriod(period, today: today) else {
            throw CommandFailure(
                .usage, "--period \"\(period)\" is no period",
                hint: "write day, week, month or two days in order: 2026-11-01..2026-11-15")
        }
        let usage = try books.history.usage(by: by, from: days.from, to: days.to)
        let before = try books.history.usage(by: by, from: days.before.from, to: days.before.to)
        let report = UsageReport(
            by: by, over: days, usage: usage, before: before, roster: roster)
        try Terminal.write(report.text(output.format))
    }
}
