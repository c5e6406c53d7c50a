import ArgumentParser
import Management
import Purser

/// `purser key rotate`
struct KeyRotateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Give a key another secret and show it once.",
        discussion: """
            The old secret stops at once. Name, limit and spend stay; the hash changes.

            Example:
              purser key rotate 3f9a01c2
            """)

    @OptionGroup var argument: KeyArgument

    func run() throws {
        let (api, key) = try argument.find()
        try Terminal.write(
            MintedKeyText.text(try api.rotateKey(key.key.digest), argument.output.format))
    }
}
