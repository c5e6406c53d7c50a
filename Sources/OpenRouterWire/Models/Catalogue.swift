/// The upstream's model list, to look up by id or by canonical slug.
package struct Catalogue: Sendable {
    package let models: [ListedModel]
    private let index: [String: Int]

    package init(_ models: [ListedModel]) {
        self.models = models
        var index: [String: Int] = [:]
        // Ids first: a slug shared by variants must not hide a model of that very name.
        for (position, model) in models.enumerated() { index[model.id] = position }
        for (position, model) in models.enumerated() where index[model.canonicalSlug] == nil {
            index[model.canonicalSlug] = position
        }
        self.index = index
    }

    /// A catalogue that was never fetched.
    package static let empty = Catalogue([])

    package var isEmpty: Bool { models.isEmpty }

    package subscript(name: String) -> ListedModel? { index[name].map { models[$0] } }
}
