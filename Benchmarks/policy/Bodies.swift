import OpenRouterWire
import Purser

/// Bodies of chat calls as clients send them, made up to a size.
enum Bodies {
    /// What a conversation is made of; some of its letters take two bytes or three, and some of
    /// its characters are escaped.
    private static let paragraph = """
        Please read the following notes from Tuesday’s meeting and tell me what the team decided \
        about the release: the café demo moves to Friday, \\"v2\\" ships without the importer, \
        and nobody has looked at the flaky test yet.\\n\\nThe budget is 1,250.00 euros; Zoë asks \
        for a table with the columns owner, task and date, sorted by date.
        """

    /// A conversation: a model, a few settings and messages of about 600 bytes each.
    static func plain(bytes: Int) -> [UInt8] {
        let start =
            #"{"model":"maker-7/model-77","temperature":0.7,"stream":true,"#
            + #""max_tokens":500,"messages":[{"role":"system","content":"Be brief."}"#
        return body(start: start, bytes: bytes)
    }

    /// The same from an agent: fall-backs, wishes for providers, tools and parts of content.
    static func full(bytes: Int) -> [UInt8] {
        let start =
            #"{"model":"maker-7/model-77","models":["maker-3/model-33","maker-0/model-5"],"#
            + #""provider":{"order":["azure","openai"],"allow_fallbacks":true,"#
            + #""data_collection":"deny"},"#
            + #""temperature":0.2,"top_p":0.9,"seed":7,"stream":true,"#
            + #""stream_options":{"include_usage":true},"max_completion_tokens":2000,"#
            + #""reasoning":{"effort":"low"},"tool_choice":"auto","#
            + #""metadata":{"session":"a1"},"tools":[{"type":"function","function":{"name":"#
            + #""read_file","description":"Reads a file.","parameters":{"type":"object","#
            + #""properties":{"path":{"type":"string"}},"required":["path"]}}}],"#
            + #""messages":[{"role":"system","content":[{"type":"text","text":"Be brief.","#
            + #""cache_control":{"type":"ephemeral"}}]}"#
        return body(start: start, bytes: bytes)
    }

    private static func body(start: String, bytes: Int) -> [UInt8] {
        var result = Array(start.utf8)
        let text = Array(paragraph.utf8)
        let message = Array(#",{"role":"user","content":""#.utf8)
        while true {
            let room = bytes - result.count - 2
            if room < message.count + 3 { break }
            result += message
            var left = min(room - message.count - 2, 2 * text.count)
            while left >= text.count {
                result += text
                left -= text.count
            }
            // The rest is filled so that no letter and no escape is cut.
            result += Array(repeating: UInt8(ascii: "x"), count: left)
            result += Array("\"}".utf8)
        }
        return result + Array("]}".utf8)
    }
}

/// A team's tier and the upstream's list, as large as they get.
enum Surroundings {
    /// A maker has ten models; the list has as many as OpenRouter's.
    static func catalogue() -> Catalogue {
        let rows = (0..<400).map { number -> JSON in
            [
                "id": .string("maker-\(number / 10)/model-\(number)"),
                "canonical_slug": .string("maker-\(number / 10)/model-\(number)-20260101"),
                "context_length": 10_000_000,
                "architecture": ["output_modalities": ["text"], "tokenizer": "GPT"],
                "pricing": [
                    "prompt": "0.00000025", "completion": "0.00000125", "request": "0",
                    "image": "0", "input_cache_read": "0.000000025",
                ],
                "top_provider": ["max_completion_tokens": 64_000],
                "supported_parameters": ["max_tokens", "temperature", "tools"],
            ]
        }
        return Catalogue(rows.compactMap { ListedModel($0) })
    }

    /// Twenty patterns, of which the last two match.
    static func tier() -> Tier {
        let others = (0..<18).map { "other-\($0)/*" }
        var tier = Tier(
            id: ID(1), name: "pro",
            models: (others + ["maker-3/*", "maker-*"]).compactMap { ModelPattern($0) },
            outputTokensMax: 8_000, requestCostMax: .dollars(500))
        tier.deniedModels = ["maker-1/*", "maker-2/model-22"].compactMap { ModelPattern($0) }
        return tier
    }

    static func caller(_ tier: Tier?) -> Caller {
        let now = Timestamp(milliseconds: 0)
        guard let digest = KeyDigest(bytes: Array(repeating: 1, count: 32)) else {
            preconditionFailure("32 bytes are a digest")
        }
        let key = Key(
            id: ID(1), digest: digest, name: "k", label: "l", member: ID(1), tier: tier?.id,
            createdAt: now)
        let roster = Roster(
            revision: 1, zone: .utc, teams: [], tiers: tier.map { [$0] } ?? [],
            members: [Member(id: ID(1), name: "alice", createdAt: now)], keys: [key], budgets: [],
            managementDigests: [])
        guard case .caller(let caller) = roster.resolve(key.digest, memberName: nil, at: now)
        else { preconditionFailure("alice may call") }
        return caller
    }
}
