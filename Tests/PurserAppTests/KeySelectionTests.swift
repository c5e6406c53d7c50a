import Management
import Purser
import Testing

@testable import PurserApp

struct KeySelectionTests {
    private func key(_ id: Int64, _ name: String, _ digits: String) throws -> KeyView {
        let hash = digits + String(repeating: "0", count: 64 - digits.count)
        let key = Key(
            id: ID(id), digest: try #require(KeyDigest(hex: hash)), name: name,
            label: "sk-purser-\(id)...", member: ID(1), createdAt: Timestamp(milliseconds: 0))
        return KeyView(
            key, in: .empty, on: CivilDate(daysSinceEpoch: 0), spent: KeyView.Spent { _ in .zero })
    }

    private func keys() throws -> [KeyView] {
        [
            try key(1, "alice", "aaaaaaaa11"), try key(2, "bob", "aaaaaaaa22"),
            try key(3, "bob", "cccccccc33"), try key(4, "aaaaaaaa", "dddddddd44"),
        ]
    }

    @Test(arguments: [
        ("alice", 1), ("sk-purser-3...", 3), ("aaaaaaaa2", 2), ("CCCCCCCC", 3),
        ("dddddddd44" + String(repeating: "0", count: 54), 4),
    ])
    func `a key is named by hash, by label or by name`(text: String, id: Int64) throws {
        #expect(try KeySelection.find(text, in: keys()).key.id == ID(id))
    }

    @Test(arguments: ["", "eve", "aaaaaaa", "eeeeeeee"])
    func `what names no key says where to look`(text: String) throws {
        let keys = try keys()
        let failure = #expect(throws: CommandFailure.self) {
            try KeySelection.find(text, in: keys)
        }
        #expect(failure?.code == .failed && failure?.hint?.contains("key list") == true)
    }

    @Test(arguments: ["bob", "aaaaaaaa"])
    func `what names several asks for more of the hash`(text: String) throws {
        let keys = try keys()
        let failure = #expect(throws: CommandFailure.self) {
            try KeySelection.find(text, in: keys)
        }
        #expect(failure?.hint?.contains("aaaaaaaa22") == true)
    }
}
