import ArgumentParser
import Management
import OpenRouterWire
import Purser

/// `purser key revoke`
struct KeyRevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Withdraw a key for good.",
        discussion: """
            What it spent stays in the books.

            Example:
              purser key revoke 3f9a01c2
            """)

    @OptionGroup var argument: KeyArgument

    func run() throws {
        let (api, view) = try argument.find()
        try api.revokeKey(view.key.digest)
        let hash = view.key.digest.hex
        let text =
            switch argument.output.format {
            case .json: (["deleted": true, "hash": .string(hash)] as JSON).text + "\n"
            case .csv: CSV.line(["hash", "deleted"]) + CSV.line([hash, "true"])
            case .table: "revoked \(Table.printable(view.key.name)) (\(view.key.label))\n"
            }
        try Terminal.write(text)
    }
}
