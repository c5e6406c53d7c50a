import Foundation
import Simulator

/// `Simulate --from 1 --count 200 --steps 3000`: runs seeds one after the other, each from the
/// beginning to closed books, and stops at the first that breaks an invariant.
struct Options {
    var from: UInt64 = 1
    var count: UInt64 = 200
    var steps = 3_000
    /// Whether to say at the end what was done, and how often.
    var tellsCoverage = false

    init(_ arguments: [String]) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            switch name {
            case "--coverage": tellsCoverage = true
            case "--from": from = Options.number(rest.popFirst(), name)
            case "--count": count = Options.number(rest.popFirst(), name)
            case "--steps": steps = Int(Options.number(rest.popFirst(), name))
            default: Options.refuse("does not know \(name)")
            }
        }
    }

    private static func number(_ text: String?, _ name: String) -> UInt64 {
        guard let number = text.flatMap({ UInt64($0) }), number > 0, number < 1 << 62 else {
            refuse("needs a number behind \(name)")
        }
        return number
    }

    private static func refuse(_ sentence: String) -> Never {
        FileHandle.standardError.write(Data("simulate: \(sentence)\n".utf8))
        exit(2)
    }
}

let options = Options(Array(CommandLine.arguments.dropFirst()))
// Progress is for eyes, the result for whoever asked.
let isTerminal = isatty(2) == 1
let eraser = "\r\u{1B}[K"
func erase() {
    if isTerminal { FileHandle.standardError.write(Data(eraser.utf8)) }
}

var tally = Simulation.Tally()
var digest: UInt64 = 0
for seed in options.from..<(options.from + options.count) {
    var simulation = Simulation(seed: seed)
    // Replayed alone, a seed tells its story as one number: the same in every process.
    simulation.isDigesting = options.count == 1
    simulation.run(steps: options.steps)
    tally.add(simulation.tally)
    digest = simulation.digest
    if isTerminal {
        let progress = "\(eraser)seed \(seed): \(tally.steps) steps"
        FileHandle.standardError.write(Data(progress.utf8))
    }
    guard simulation.violations.isEmpty else {
        // Whoever replays one seed wants to know what came before.
        erase()
        if options.count == 1 { print(simulation.story.joined(separator: "\n")) }
        print("seed \(seed) breaks an invariant in step \(simulation.tally.steps):")
        for violation in simulation.violations.prefix(5) { print("  \(violation)") }
        print("make simulate SEED=\(seed) STEPS=\(options.steps)")
        exit(1)
    }
}
erase()
print(
    "\(tally.steps) steps in \(options.count) runs (seeds \(options.from) to "
        + "\(options.from + options.count - 1)), every invariant checked after each: nothing found")
if options.count == 1 { print("digest \(digest)") }
if options.tellsCoverage { print(tally.summary) }
guard tally.shortcomings.isEmpty else {
    print("but the runs prove too little:")
    for shortcoming in tally.shortcomings { print("  \(shortcoming)") }
    exit(1)
}
