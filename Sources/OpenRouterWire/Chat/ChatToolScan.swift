import Purser

/// The tools a model may call: the client's own cost only words, the provider's can cost more,
/// and some run other models.
enum ChatToolScan {
    private enum Name { case type, other }

    /// The names by which a tool says what it is; no other case of them is taken.
    private static let names = NameTable<Name>([(name: "type", value: .type)])

    private static let ownTypes = NameTable<Bool>([
        (name: "function", value: true), (name: "custom", value: true),
    ])

    /// OpenRouter's own tools that run no model; any other may.
    private static let plainServerTools: Set<String> = [
        "apply_patch", "bash", "code_interpreter", "datetime", "experimental__search_models",
        "file_search", "files", "mcp", "memory", "shell", "text_editor", "tool_search",
        "web_fetch", "web_search",
    ]

    /// Tools that run another model, whoever's they are and whatever date is in their names.
    private static let modelTools = ["advisor", "fusion", "image_generation", "subagent"]

    /// Reads the list at `index`.
    static func run(
        _ bytes: Span<UInt8>, _ index: inout Int, into request: inout ChatRequest
    ) throws {
        guard index < bytes.count, bytes[index] == UInt8(ascii: "[") else {
            let range = try JSONGrammar.skipValue(bytes, &index, depth: 1)
            if ChatRequestScan.isNull(bytes, range) { return }
            throw ChatRequest.Fault("\"tools\" must be a list.")
        }
        var hasTool = try JSONGrammar.enterArray(bytes, &index)
        if hasTool { request.hasInstructions = true }
        while hasTool {
            try readTool(bytes, &index, into: &request.extras)
            hasTool = try JSONGrammar.hasNextElement(bytes, &index)
        }
    }

    private static func readTool(
        _ bytes: Span<UInt8>, _ index: inout Int, into extras: inout ChatExtras
    ) throws {
        let start = index
        guard index < bytes.count, bytes[index] == UInt8(ascii: "{") else {
            try JSONGrammar.skipValue(bytes, &index, depth: 2)
            return extras.forbid("A tool without a type")
        }
        var type: Range<Int>?
        var hasMember = try JSONGrammar.enterObject(bytes, &index)
        while hasMember {
            let name = try ChatNames.read(bytes, &index, in: names)
            let value = try JSONGrammar.skipValue(bytes, &index, depth: 3)
            if name == .type {
                guard type == nil else { throw ChatNames.twice("type", at: value.lowerBound) }
                type = value
            }
            hasMember = try JSONGrammar.hasNextMember(bytes, &index)
        }
        guard let type else { return extras.forbid("A tool without a type") }
        let isString = bytes[type.lowerBound] == UInt8(ascii: "\"")
        if isString, ownTypes[bytes, type.lowerBound + 1..<type.upperBound - 1] == true { return }
        let tool = try ChatRequestScan.whole("A tool", bytes, start..<index)
        guard let word = tool["type"]?.string else {
            return extras.forbid("A tool whose type is no string")
        }
        // The type may have been spelt with escapes.
        if word == "function" || word == "custom" { return }
        let words = "A tool of type \"\(ChatRequestScan.excerpt(word))\""
        if runsModels(tool) { extras.forbid(words) } else { extras.add(.serverTool, words) }
    }

    /// Whether the tool, or one inside it, runs a model or names one.
    private static func runsModels(_ tool: JSON) -> Bool {
        ChatExtraScan.namesModel(tool) || types(tool).contains { runsModels(type: $0) }
    }

    private static func runsModels(type: String) -> Bool {
        // With anything else in it, some reader may see another word.
        let isPlain = type.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"): true
            default: false
            }
        }
        guard isPlain else { return true }
        let type = type.lowercased()
        let prefix = "openrouter:"
        let isOwn = type.hasPrefix(prefix)
        let name = isOwn ? String(type.dropFirst(prefix.count)) : type
        return modelTools.contains { name.hasPrefix($0) }
            || isOwn && !plainServerTools.contains(name)
    }

    /// Every value under a name like `type`, however deep.
    private static func types(_ json: JSON) -> [String] {
        switch json {
        case .object(let object):
            object.members.flatMap { member in
                let own = member.name.lowercased() == "type" ? member.value.string : nil
                return (own.map { [$0] } ?? []) + types(member.value)
            }
        case .array(let elements): elements.flatMap(types)
        case .null, .bool, .number, .string: []
        }
    }
}

/// Names of members that are judged where they stand, however many objects there are.
enum ChatNames {
    /// Reads a name and steps to its value; `nil` if the table does not have it. Throws where
    /// some reader could take the name for another: spelt with escapes, outside ASCII, in another
    /// case or with spaces.
    static func read<Value>(
        _ bytes: Span<UInt8>, _ index: inout Int, in table: NameTable<Value>
    ) throws -> Value? {
        let range = try JSONGrammar.readName(bytes, &index)
        if let value = table[bytes, range] { return value }
        var lowercased: [UInt8] = []
        var isPlain = true
        for offset in range {
            let byte = bytes[offset]
            guard byte < 0x80, byte != UInt8(ascii: "\\") else {
                throw JSONGrammar.Fault(
                    "has a name that is spelt with an escape or outside ASCII",
                    at: range.lowerBound)
            }
            // Readers have been seen to trim names, too.
            if (0x41...0x5A).contains(byte) || isUnseen(byte) { isPlain = false }
        }
        if isPlain { return nil }
        for offset in range where !isUnseen(bytes[offset]) {
            let byte = bytes[offset]
            lowercased.append((0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
        }
        guard table[lowercased.span, 0..<lowercased.count] == nil else {
            throw JSONGrammar.Fault(
                "spells \"\(String(decoding: lowercased, as: UTF8.self))\" in another case or with spaces",
                at: range.lowerBound)
        }
        return nil
    }

    /// Spaces, and what is no letter at all.
    private static func isUnseen(_ byte: UInt8) -> Bool { byte <= 0x20 || byte == 0x7F }

    static func twice(_ name: String, at offset: Int) -> JSONGrammar.Fault {
        JSONGrammar.Fault("names \"\(name)\" twice", at: offset)
    }
}
