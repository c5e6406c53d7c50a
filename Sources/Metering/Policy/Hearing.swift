import OpenRouterWire
import Purser

/// One request before its tier: each rule is asked once, in order, and what it says is kept.
///
/// A rule in shadow is asked like any other and obeyed by nobody. Words are made only where
/// somebody reads them.
struct Hearing: Sendable {
    /// `nil` allows everything.
    let tier: Tier?
    private(set) var shadows: [Shadow] = []
    /// `nil` where nobody asks why.
    private(set) var trail: Trail?

    init(tier: Tier?, isExplained: Bool) {
        self.tier = tier
        trail = isExplained ? Trail() : nil
    }

    func isShadowed(_ rule: Rule) -> Bool { tier?.shadowed.contains(rule) ?? false }

    mutating func pass(_ subject: String, _ words: @autoclosure () -> String) {
        trail?.add(subject, .passed, words())
    }

    /// Throws the refusal, unless its rule is in shadow.
    mutating func refuse(_ refusal: Refusal) throws(Refusal) {
        guard let rule = refusal.rule, isShadowed(rule) else {
            trail?.add(refusal.rule?.rawValue ?? refusal.code, .refused, refusal.sentence)
            throw refusal
        }
        addShadow(rule, refusal.sentence)
    }

    /// Whether the call is to be changed: not by a rule in shadow.
    mutating func change(_ rule: Rule, _ words: @autoclosure () -> String) -> Bool {
        if isShadowed(rule) {
            addShadow(rule, words())
            return false
        }
        trail?.add(rule.rawValue, .changed, words())
        return true
    }

    mutating func note(_ subject: String, _ outcome: Trail.Outcome, _ words: String) {
        trail?.add(subject, outcome, words)
    }

    private mutating func addShadow(_ rule: Rule, _ words: String) {
        trail?.add(rule.rawValue, .shadowed, words)
        if !shadows.contains(where: { $0.rule == rule }) {
            shadows.append(Shadow(rule: rule, words: words))
        }
    }
}
