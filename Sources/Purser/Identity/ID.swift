/// A number that names one entity of its kind; ids of different kinds cannot be mixed.
package struct ID<Entity>: Hashable, Sendable, Comparable {
    package var rawValue: Int64

    package init(_ rawValue: Int64) {
        self.rawValue = rawValue
    }

    package static func < (left: ID, right: ID) -> Bool {
        left.rawValue < right.rawValue
    }
}
