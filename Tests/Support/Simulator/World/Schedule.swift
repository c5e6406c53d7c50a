/// What will happen, in order of time and then of being planned: a binary heap.
struct Schedule<Event> {
    private struct Item {
        var at: Int64
        var number: Int
        var event: Event

        func precedes(_ other: Item) -> Bool { (at, number) < (other.at, other.number) }
    }

    private var items: [Item] = []
    private var nextNumber = 0

    mutating func add(_ event: Event, at: Int64) {
        nextNumber += 1
        items.append(Item(at: at, number: nextNumber, event: event))
        var child = items.count - 1
        while child > 0, items[child].precedes(items[(child - 1) / 2]) {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func next() -> (at: Int64, event: Event)? {
        guard let first = items.first else { return nil }
        let last = items.removeLast()
        if !items.isEmpty {
            items[0] = last
            sink()
        }
        return (first.at, first.event)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < items.count {
                if items[child].precedes(items[least]) { least = child }
            }
            if least == parent { return }
            items.swapAt(parent, least)
            parent = least
        }
    }
}
