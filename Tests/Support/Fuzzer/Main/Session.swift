import Foundation
import Fuzzer

/// One run: what was tried, and what was found.
struct Session {
    /// The tiers that each written body is tried in: the strict one, and so many from seeds.
    private static let tiersEach: UInt64 = 12

    let options: Options
    let corpus: [(name: String, bytes: [UInt8])]
    private let donors: [[UInt8]]
    private var tally = Tally()
    /// By rule: how often, and how to see the first.
    private var findings: [String: (count: Int, replay: String, words: String)] = [:]

    init(_ options: Options) {
        self.options = options
        corpus = bodies(in: options.corpus)
        donors = corpus.map(\.bytes)
    }

    mutating func run() {
        LastCase.watch()
        if let path = options.body {
            guard let data = FileManager.default.contents(atPath: path) else {
                Options.refuse("cannot read \(path)")
            }
            print(Trial(body: Array(data), in: .strict).story)
            tryWritten(Array(data), at: path)
        } else {
            for body in corpus { tryWritten(body.bytes, at: "\(options.corpus)/\(body.name)") }
            for seed in options.from..<(options.from + options.count) { trySeed(seed) }
        }
        tell()
    }

    private mutating func trySeed(_ seed: UInt64) {
        LastCase.begin("SEED=\(seed)")
        let trial = Trial(seed: seed, donors: donors)
        tally.add(trial)
        if options.count == 1 { print(trial.story) }
        take(trial, replay: "make fuzz SEED=\(seed)")
    }

    private mutating func tryWritten(_ bytes: [UInt8], at path: String) {
        LastCase.begin("BODY=\(path)")
        take(Trial(body: bytes, in: .strict), replay: "make fuzz BODY=\(path)")
        for seed in 1...Session.tiersEach {
            take(Trial(body: bytes, in: Scene(seed: seed)), replay: "make fuzz BODY=\(path)")
        }
    }

    private mutating func take(_ trial: Trial, replay: String) {
        for violation in trial.violations {
            findings[violation.rule, default: (0, replay, violation.words)].count += 1
        }
        guard !trial.violations.isEmpty, !options.isThorough else { return }
        if options.count > 1 { print(trial.story) }
        for violation in trial.violations { print("beyond the tier: \(violation.words)") }
        print(replay)
        exit(1)
    }

    private func tell() {
        if options.tellsCoverage { print(tally.summary) }
        for (rule, finding) in findings.sorted(by: { $0.value.count > $1.value.count }) {
            print("\(finding.count)\t\(rule)\t\(finding.replay)\t\(finding.words)")
        }
        guard findings.isEmpty else { exit(1) }
        print(
            "\(tally.cases) bodies and \(corpus.count) written ones, \(tally.forwarded) forwarded "
                + "(seeds \(options.from) to \(options.from + options.count - 1)): nothing found")
        guard tally.shortcomings.isEmpty else {
            print("but the run proves too little:")
            for shortcoming in tally.shortcomings { print("  \(shortcoming)") }
            exit(1)
        }
    }
}
