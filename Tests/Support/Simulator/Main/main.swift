import Foundation
import Simulator

/// `simulate --from 1 --count 200 --steps 5000`: runs seeds one after the other, each from the
/// beginning to closed books, and stops at the first that breaks an invariant.
struct Options {
    var from: UInt64 = 1
    var count: UInt64 = 200
    var steps = 5_000
    var isTerminal = false

    init(_ arguments: [String]) {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            switch name {
            case "--terminal": isTerminal = true
            case "--from": from = rest.popFirst().flatMap { UInt64($0) } ?? from
            case "--count": count = rest.popFirst().flatMap { UInt64($0) } ?? count
            case "--steps": steps = rest.popFirst().flatMap { Int($0) } ?? steps
            default: preconditionFailure("simulate does not know \(name)")
            }
        }
    }
}

let options = Options(Array(CommandLine.arguments.dropFirst()))
var tally = Simulation.Tally()
for seed in options.from..<(options.from + options.count) {
    var simulation = Simulation(seed: seed)
    simulation.run(steps: options.steps)
    tally.add(simulation.tally)
    if options.isTerminal {
        print("\r\u{1B}[Kseed \(seed): \(tally.steps) steps", terminator: "")
    }
    guard simulation.violations.isEmpty else {
        print("\nseed \(seed) breaks an invariant:")
        for violation in simulation.violations.prefix(5) { print("  \(violation)") }
        print("replay it with: make simulate SEED=\(seed) STEPS=\(options.steps)")
        exit(1)
    }
}
if options.isTerminal { print("\r\u{1B}[K", terminator: "") }
print(tally.summary(seeds: options.count))
