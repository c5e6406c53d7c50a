import ArgumentParser

/// `purser tier examples`
struct TierExamplesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "examples",
        abstract: "Print the tiers that a new team begins with, as a file to edit.",
        discussion: """
            Example:
              purser tier examples > team.yaml
              purser plan team.yaml
            """)

    func run() throws {
        try Terminal.write(TierExamples.text)
    }
}
