import ArgumentParser
import Management
import Purser
import Storage

/// The key that a command is about, and where to look for it.
struct KeyArgument: ParsableArguments {
    @Argument(
        help: "The key: its hash or 8 digits of it, its label, or its name if no other has it.")
    var key: String

    @OptionGroup var database: DatabaseOption
    @OptionGroup var output: FormatOption

    /// The management API on the database, and the key in it.
    func find() throws -> (api: ManagementAPI, key: KeyView) {
        let api = try database.open().management()
        let key = try KeySelection.find(key, in: try api.keys(includeDisabled: true))
        return (api, key)
    }

    /// Changes the key and shows what it is now.
    func update(_ change: (inout KeyChange) -> Void) throws {
        let (api, key) = try find()
        var changes = KeyChange()
        change(&changes)
        let updated = try api.updateKey(key.key.digest, changes)
        try Terminal.write(KeyListing(of: [updated]).text(of: updated, output.format))
    }
}

/// Finds a key by what people call it.
enum KeySelection {
    /// Shorter beginnings of a hash are too easily somebody else's.
    static let prefixLengthMin = 8

    /// The one key that `text` can mean.
    static func find(_ text: String, in keys: [KeyView]) throws(CommandFailure) -> KeyView {
        let hash = text.lowercased()
        let byHash =
            hash.utf8.count < prefixLengthMin
            ? [] : keys.filter { $0.key.digest.hex.hasPrefix(hash) }
        let found = [
            byHash, keys.filter { $0.key.label == text }, keys.filter { $0.key.name == text },
        ].first { !$0.isEmpty }
        guard let found else {
            throw CommandFailure(
                .failed, "there is no key \"\(text)\"",
                hint: "see which there are with: purser key list; a revoked key stays revoked")
        }
        guard found.count == 1 else {
            let hashes = found.map { String($0.key.digest.hex.prefix(12)) }
            throw CommandFailure(
                .failed, "\"\(text)\" is the name of \(found.count) keys",
                hint: "name one by its hash: \(hashes.joined(separator: ", "))")
        }
        return found[0]
    }
}
