import Foundation
import Fuzzer
import Judge

/// Whole requests against the real program, judged by what reached the sandbox.
struct HTTPSession {
    /// So many requests must show everything.
    private static let casesMin = 500
    /// How many of a hundred must have reached the sandbox.
    private static let reachedPercentMin = 15
    /// A plain call after so many: whoever hangs or has died is noticed.
    private static let controlsEvery: UInt64 = 25

    let options: Options
    let binary: String
    private var tricks: [HeadMaker.Trick: Int] = [:]
    private var reached = 0

    init(_ options: Options, binary: String) {
        self.options = options
        self.binary = binary
    }

    mutating func run() throws {
        LastCase.watch()
        LastCase.begin("HTTP=1: starting the programs")
        let town = try Town(binary: binary)
        defer { town.stop() }
        try control(town)
        for seed in options.from..<(options.from + options.count) {
            try trySeed(seed, town)
            if seed % HTTPSession.controlsEvery == 0 { try control(town) }
        }
        try control(town)
        let reachedPercent = reached * 100 / Int(options.count)
        print(
            "\(options.count) requests over HTTP, \(reached) reached the upstream (seeds "
                + "\(options.from) to \(options.from + options.count - 1)): nothing found")
        guard Int(options.count) >= HTTPSession.casesMin else { return }
        let missing = HeadMaker.Trick.allCases.filter { (tricks[$0] ?? 0) * 100 < options.count }
        guard missing.isEmpty, reachedPercent >= HTTPSession.reachedPercentMin else {
            throw Wire.Failure(
                words: "the run proves too little: \(reachedPercent) % reached the upstream; rare: "
                    + missing.map(\.rawValue).joined(separator: ", "))
        }
    }

    private mutating func trySeed(_ seed: UInt64, _ town: Town) throws {
        LastCase.begin("HTTP=1 SEED=\(seed)")
        let resident = town.residents[Int(seed % UInt64(town.residents.count))]
        let (body, _) = Trial.body(seed: seed, in: resident.scene, donors: [])
        let dear = "anthropic/claude-opus-4.8"
        var maker = HeadMaker(seed: seed, key: resident.key, body: body, dear: dear)
        let (bytes, trick) = maker.make(dear: dear)
        tricks[trick, default: 0] += 1
        let before = try town.verdicts(after: .max).seen
        let answer = try Wire.exchange(bytes, port: town.gatewayPort, pieces: Int(1 + seed % 3))
        let (verdicts, _) = try town.verdicts(after: before)
        if !verdicts.isEmpty { reached += 1 }
        let violations = verdicts.flatMap(resident.scene.violations)
        if options.count == 1 || !violations.isEmpty {
            print("trick     \(trick.rawValue)")
            print("request   \(Trial.printed(bytes))")
            print("answer    \(Trial.printed(Array(answer.prefix(2_000))))")
            print("seen      \(verdicts)")
        }
        guard violations.isEmpty else {
            for words in violations { print("beyond the tier: \(words)") }
            throw Wire.Failure(words: "make fuzz HTTP=1 SEED=\(seed)")
        }
    }

    /// Whether the gateway still answers, and what is allowed still runs.
    private func control(_ town: Town) throws {
        let body =
            #"{"model":"openai/gpt-4o-mini","messages":[{"role":"user","content":"hi"}],"max_tokens":9}"#
        for resident in town.residents {
            let head =
                "POST /api/v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                + "Authorization: Bearer \(resident.key)\r\nContent-Length: \(body.utf8.count)\r\n"
            let request = Array((head + "\r\n" + body).utf8)
            let answer = try Wire.exchange(request, port: town.gatewayPort)
            guard Wire.status(answer) == 200, town.isServing else {
                let words = String(decoding: answer.prefix(300), as: UTF8.self)
                throw Wire.Failure(words: "a plain call gets no answer any more: \(words)")
            }
        }
    }
}
