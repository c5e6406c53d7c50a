import Judge

/// One body in one tier, and what became of it.
package struct Trial {
    package enum Fate: Hashable, Sendable {
        case malformed
        case refused(code: String)
        case forwarded
    }

    package let scene: Scene
    package let body: [UInt8]
    package private(set) var mutations: [Mutation] = []
    package private(set) var fate = Fate.malformed
    /// As it would have gone upstream; empty if it would not.
    package private(set) var forwarded: [UInt8] = []
    /// Where it goes beyond its tier, by rule.
    package private(set) var violations: [(rule: String, words: String)] = []

    /// A body out of nothing but the seed.
    ///
    /// - Parameter donors: bodies to splice into it.
    package init(seed: UInt64, donors: [[UInt8]]) {
        scene = Scene(seed: seed)
        (body, mutations) = Trial.body(seed: seed, in: scene, donors: donors)
        judge()
    }

    /// A body for that tier, and what was done to it.
    package static func body(
        seed: UInt64, in scene: Scene, donors: [[UInt8]]
    ) -> ([UInt8], [Mutation]) {
        var dice = Dice(seed: seed &+ 0x5EED)
        var maker = BodyMaker(dice: dice, scene: scene)
        var tree = maker.make()
        dice = maker.dice
        // What is damaged in its bytes is mostly refused: a few of those go a long way.
        let count = dice.one([0, 0, 1, 1, 1, 1, 2, 3])
        let ofTree = Mutation.allCases.filter(\.isOfTree)
        let ofBytes = Mutation.allCases.filter { !$0.isOfTree }
        let chosen = (0..<count).map { _ in dice.one(dice.happens(5) ? ofBytes : ofTree) }
        let mutations = chosen.filter(\.isOfTree) + chosen.filter { !$0.isOfTree }
        var mutator = Mutator(maker: maker, dice: dice, donors: donors)
        for mutation in mutations where mutation.isOfTree { mutator.mutate(&tree, mutation) }
        let space = mutator.dice.happens(4) ? " \n\t" : ""
        var bytes = Array(tree.rendered(space: space).utf8)
        for mutation in mutations where !mutation.isOfTree { mutator.mutate(&bytes, mutation) }
        return (bytes, mutations)
    }

    /// A body that somebody wrote, in a tier that is given.
    package init(body: [UInt8], in scene: Scene) {
        self.body = body
        self.scene = scene
        judge()
    }

    private mutating func judge() {
        switch Subject.run(body, in: scene) {
        case .malformed: fate = .malformed
        case .refused(let code): fate = .refused(code: code)
        case .forwarded(let bytes, let outputTokensMax):
            fate = .forwarded
            forwarded = bytes
            let verdict = Judge.verdict(body: bytes)
            violations = Meaning(tier: scene.tier, rows: scene.rows)
                .violations(of: verdict, outputTokensMax: outputTokensMax)
                .map { ($0.rule, $0.words) }
        }
    }

    /// Everything that somebody needs who mends what was found.
    package var story: String {
        """
        tier      \(scene.words)
        mutations \(mutations.map(\.rawValue).joined(separator: ", "))
        body      \(Trial.printed(body))
        fate      \(fate)
        forwarded \(Trial.printed(forwarded))
        """
    }

    /// Bytes that a terminal shows as they are; the others as `<ff>`.
    package static func printed(_ bytes: [UInt8]) -> String {
        var text = ""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            let isPlain = (0x20..<0x7F).contains(scalar.value)
            text += isPlain ? String(scalar) : "<\(String(scalar.value, radix: 16))>"
        }
        return text
    }
}
