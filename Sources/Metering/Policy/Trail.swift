package import Purser

/// What was looked at on the way to a decision, in order, for whoever asks why.
package struct Trail: Sendable {
    package enum Outcome: String, Sendable {
        case passed
        /// The call goes on, but not as it was sent.
        case changed
        case refused
        /// Said for those who ask why, and decides nothing.
        case noted
        /// The call goes on as it was sent; without the shadow it would not have.
        case shadowed
    }

    package struct Step: Hashable, Sendable {
        /// What was looked at: a rule's raw value, or `caller`, `tier`, `request`,
        /// `model`, `bound`, `budget`, `rate`.
        package var subject: String
        package var outcome: Outcome
        package var words: String

        package init(_ subject: String, _ outcome: Outcome, _ words: String) {
            self.subject = subject
            self.outcome = outcome
            self.words = words
        }
    }

    package private(set) var steps: [Step] = []

    package init() {}

    package mutating func add(_ subject: String, _ outcome: Outcome, _ words: String) {
        steps.append(Step(subject, outcome, words))
    }
}

/// A rule in shadow, and what it would have done.
package struct Shadow: Hashable, Sendable {
    package var rule: Rule
    package var words: String

    package init(rule: Rule, words: String) {
        self.rule = rule
        self.words = words
    }
}
