import ArgumentParser
import Management

/// `purser key list`
struct KeyListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the keys that are not revoked, the newest first.",
        discussion: """
            Example:
              purser key list --format json
            """)

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    func run() throws {
        let keys = try database.open().management().keys(includeDisabled: true)
        try Terminal.write(KeyListing(of: keys).text(output.format))
    }
}
