/// The upstream's model list, to look up by id or by canonical slug, byte for byte.
///
/// Two texts are equal to Swift where Unicode takes them for one: a Kelvin sign is a K. Names here
/// are ASCII, where that is the same as equal bytes; any other is in no list.
package struct Catalogue: Sendable {
    package let models: [ListedModel]
    private let index: [String: Int]

    package init(_ models: [ListedModel]) {
        self.models = models
        var index: [String: Int] = [:]
        // Ids first: a slug shared by variants must not hide a model of that very name.
        for (position, model) in models.enumerated() where Catalogue.isASCII(model.id) {
            index[model.id] = position
        }
        // A slug means the model itself, not a variant that has it too; what several models have
        // names none of them.
        var bySlug: [String: [Int]] = [:]
        for (position, model) in models.enumerated()
        where Catalogue.isASCII(model.canonicalSlug) && index[model.canonicalSlug] == nil
            && !model.id.utf8.contains(UInt8(ascii: ":")) && model.aliasTarget == nil
        {
            bySlug[model.canonicalSlug, default: []].append(position)
        }
        for (slug, positions) in bySlug where positions.count == 1 { index[slug] = positions[0] }
        self.index = index
    }

    /// A catalogue that was never fetched.
    package static let empty = Catalogue([])

    package var isEmpty: Bool { models.isEmpty }

    package subscript(name: String) -> ListedModel? {
        guard Catalogue.isASCII(name) else { return nil }
        return index[name].map { models[$0] }
    }

    private static func isASCII(_ name: String) -> Bool { name.utf8.allSatisfy { $0 < 0x80 } }
}
