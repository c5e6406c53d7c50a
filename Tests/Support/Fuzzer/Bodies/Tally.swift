/// What a run did: one in which little came through has proved little.
package struct Tally: Hashable, Sendable {
    package private(set) var cases = 0
    package private(set) var forwarded = 0
    package private(set) var malformed = 0
    package private(set) var refused: [String: Int] = [:]
    private var tried: [Mutation: Int] = [:]
    private var passed: [Mutation: Int] = [:]

    /// So many cases must show everything; fewer show nothing about what is missing.
    package static let casesMin = 20_000
    /// How many of a hundred must have been forwarded.
    private static let forwardedPercentMin = 20
    /// How often a code of these must have been the answer in a hundred thousand cases.
    private static let refusedMin = [
        "model_not_allowed": 1_000, "model_unknown": 500, "extra_not_allowed": 500,
    ]

    package init() {}

    package mutating func add(_ trial: Trial) {
        cases += 1
        for mutation in Set(trial.mutations) { tried[mutation, default: 0] += 1 }
        switch trial.fate {
        case .malformed: malformed += 1
        case .refused(let code): refused[code, default: 0] += 1
        case .forwarded:
            forwarded += 1
            for mutation in Set(trial.mutations) { passed[mutation, default: 0] += 1 }
        }
    }

    /// What happened too rarely for the run to mean anything, in sentences.
    package var shortcomings: [String] {
        guard cases >= Tally.casesMin else { return [] }
        var result: [String] = []
        if forwarded * 100 < cases * Tally.forwardedPercentMin {
            result.append("only \(forwarded) of \(cases) bodies were forwarded")
        }
        for mutation in Mutation.allCases {
            let (tried, passed) = (tried[mutation] ?? 0, passed[mutation] ?? 0)
            if tried * 200 < cases {
                result.append("\(mutation.rawValue): tried only \(tried) times")
            }
            if passed * 100_000 < mutation.forwardedMin * cases {
                result.append("\(mutation.rawValue): forwarded only \(passed) times")
            }
        }
        for (code, least) in Tally.refusedMin.sorted(by: { $0.key < $1.key }) {
            let count = refused[code] ?? 0
            if count * 100_000 < least * cases { result.append("\(code): only \(count)") }
        }
        return result
    }

    /// What was done, for people.
    package var summary: String {
        var lines = ["  \(forwarded)\tforwarded", "  \(malformed)\tmalformed"]
        lines += refused.sorted { $0.key < $1.key }.map { "  \($0.value)\t\($0.key)" }
        lines += Mutation.allCases.map {
            "  \(tried[$0] ?? 0)\twith \($0.rawValue), \(passed[$0] ?? 0) of them forwarded"
        }
        return lines.joined(separator: "\n")
    }
}
