import Foundation
import OpenRouterWire
import Purser
import TestSupport
import Testing

/// What becomes of each field of a body.
struct FieldTests {
    private static let messages = #""messages":[{"role":"user","content":"hi"}]"#
    private static let forwarding = Forwarding(
        outputTokensMax: 64, prices: PriceLimits(), user: "alice")

    private func forwarded(
        _ body: String, _ forwarding: Forwarding = FieldTests.forwarding
    ) throws -> String {
        let bytes = Array(body.utf8)
        var result: [UInt8] = []
        var position = 0
        for edit in try ChatRequest.scan(bytes.span).edits(for: forwarding) {
            #expect(edit.range.lowerBound >= position, "edits rise and do not overlap")
            result += bytes[position..<edit.range.lowerBound]
            result += Array(edit.text.utf8)
            position = edit.range.upperBound
        }
        return String(decoding: result + bytes[position...], as: UTF8.self)
    }

    private func forwardedJSON(
        _ fields: String, _ forwarding: Forwarding = FieldTests.forwarding
    ) throws -> JSON {
        let body = try forwarded("{\(fields),\(FieldTests.messages)}", forwarding)
        return try JSON.parse(body, duplicates: .refused)
    }

    /// A value of each field that passes: odd enough to see that it is not written anew.
    private static func value(of field: ChatField) -> String {
        switch field {
        case .model: #""\u0061/b""#
        case .models, .transforms, .plugins, .tools, .functions, .fallbacks: "[ ]"
        case .messages: #"[ { "content" : "x" } ]"#
        case .provider: #"{ "order" : [ "x" ] }"#
        case .maxTokens, .maxCompletionTokens, .n: "1e0"
        case .stream, .includeReasoning: "true"
        case .reasoning: #"{ "effort" : "low" }"#
        case .reasoningEffort, .verbosity: #""l\u006fw""#
        case .thinking: #"{"type":"enabled"}"#
        case .outputConfig: #"{"effort":"low"}"#
        case .modalities: #"[ "text" ]"#
        case .serviceTier: #""flex""#
        case .preset: "null"
        default: #"{ "x" : 1.50 }"#
        }
    }

    /// Fields that the gateway writes in any case.
    private static let written: Set<ChatField> = [.maxTokens, .maxCompletionTokens, .user]

    @Test(arguments: ChatField.allCases)
    func `a field is forwarded as its rule says`(field: ChatField) throws {
        let value = field == .user ? #""bob""# : FieldTests.value(of: field)
        let own = "\"\(field.rawValue)\" : \(value)"
        let rest = field == .messages ? "" : ",\(FieldTests.messages)"
        let result = try forwarded("{\(own)\(rest)}")
        let json = try JSON.parse(result, duplicates: .refused)
        switch field.rule {
        case .leftOut: #expect(json[field.rawValue] == nil)
        case .harmless: #expect(result.contains(own))
        case .judged, .bounded:
            if [.preset, .fallbacks].contains(field) {
                #expect(json[field.rawValue] == nil)
            } else if FieldTests.written.contains(field) {
                #expect(json[field.rawValue] == (field == .user ? "alice" : 64))
            } else if field == .provider {
                #expect(json["provider"] == ["order": ["x"]])
            } else {
                #expect(result.contains(own))
            }
        }
    }

    @Test(arguments: [
        "Model", "MODELS", "model ", " model", "mode\u{17F}", "x", "", "prompt", "best_of",
        "chat_template_kwargs", "max_output_tokens", "Provider", "extra_body", "ｍodel",
    ])
    func `a field that nobody here knows is left out wherever it stands`(name: String) throws {
        let own = "\"\(name)\" : [ 1, {\"a\":\"},\"} ]"
        let messages = FieldTests.messages
        for body in [
            "{\(own),\(messages)}", "{ \(own) , \(messages) }", "{\(messages),\(own)}",
            "{\(messages) , \(own) }", "{\"n\":1,\(own),\(messages)}",
            "{\"n\":1 ,\(own), \"y\":2,\(messages), \"z\":3, \"zz\":4 }",
            "{\"y\":2,\"z\":3,\(own),\(messages)}",
        ] {
            let request = try ChatRequest.scan(Array(body.utf8).span)
            #expect(request.unknownFields.contains { $0.utf8.elementsEqual(name.utf8) })
            let json = try JSON.parse(try forwarded(body), duplicates: .refused)
            let names = Set(json.object?.members.map(\.name) ?? [])
            #expect(names.isSubset(of: ["messages", "n", "max_tokens", "user"]), "\(body)")
            #expect(names.isSuperset(of: ["messages", "max_tokens", "user"]), "\(body)")
        }
    }

    @Test func `a tier can let an unknown field pass, but none that is like a known one`() throws {
        var forwarding = FieldTests.forwarding
        forwarding.passedFields = [
            "min_tokens", "Model", "max-tokens", "maxTokens", "route", "batch", "models ", "modè1",
        ]
        let json = try forwardedJSON(
            #""min_tokens":5.0,"Model":"x/y","max-tokens":9,"maxTokens":9,"route":"fallback","#
                + #""batch":true,"models ":["x/y"],"other":1,"modè1":2"#, forwarding)
        let names = json.object?.members.map(\.name)
        #expect(names == ["max_tokens", "user", "min_tokens", "messages"])
        #expect(json["min_tokens"]?.literal == "5.0")
    }

    @Test func `unknown wishes for providers are left out, and nothing in other cases stays`()
        throws
    {
        let json = try forwardedJSON(
            #""provider":{"Only":["x"],"only":["azure"],"zdr":true,"max_price":{"prompt":1,"#
                + #""Prompt":99},"experimental":{"models":["x/y"]},"order":null}"#)
        #expect(json["provider"] == ["only": ["azure"], "zdr": true, "max_price": ["prompt": 1]])
        #expect(try forwardedJSON(#""provider":{"Only":["x"]}"#)["provider"] == nil)
    }

    @Test func `a tier's providers are written over the client's own`() throws {
        var forwarding = FieldTests.forwarding
        forwarding.providersOnly = ["azure", "openai"]
        forwarding.providersIgnored = ["groq", "x"]
        forwarding.requiresZeroRetention = true
        let written: JSON = [
            "only": ["azure", "openai"], "ignore": ["groq", "x"], "zdr": true,
            "data_collection": "deny",
        ]
        #expect(try forwardedJSON(#""n":1"#, forwarding)["provider"] == written)
        #expect(try forwardedJSON(#""provider":null"#, forwarding)["provider"] == written)
        let json = try forwardedJSON(
            #""provider":{"only":["x"],"order":["Azure/eu","x","openai","azure2"],"#
                + #""ignore":["y","x"],"zdr":false,"data_collection":"allow"}"#, forwarding)
        let provider = json["provider"]
        #expect(provider?["only"] == ["azure", "openai"])
        #expect(provider?["order"] == ["Azure/eu", "openai"])
        #expect(provider?["ignore"] == ["y", "x", "groq"])
        #expect(provider?["zdr"] == true)
        #expect(provider?["data_collection"] == "deny")
        let none = try forwardedJSON(#""provider":{"order":["x"]}"#, forwarding)
        #expect(none["provider"]?["order"] == nil)
    }

    @Test(arguments: [#""model":null,"models":["a/b"]"#, #""models":["a/b"]"#, #""n":1"#])
    func `a model is written where the body has none`(fields: String) throws {
        var forwarding = FieldTests.forwarding
        forwarding.model = "a/b"
        #expect(try forwardedJSON(fields, forwarding)["model"] == "a/b")
    }

    @Test func `a catalogue knows a name by its bytes alone`() throws {
        let rows: [JSON] = [
            ["id": "a/K"], ["id": "a/e\u{301}"], ["id": "a/é", "canonical_slug": "b"],
        ]
        let catalogue = Catalogue(rows.compactMap { ListedModel($0) })
        #expect(catalogue["a/K"]?.id == "a/K")
        #expect(catalogue["a/\u{212A}"] == nil, "a Kelvin sign is a K to Unicode")
        #expect(catalogue["a/é"] == nil)
        #expect(catalogue["a/e\u{301}"] == nil)
        #expect(catalogue["b"] != nil)
    }

    @Test func `a row says how its model thinks, and what an alias stands for`() throws {
        let row: JSON = [
            "id": "~a/b-latest", "alias_target": ["name": "B 2", "slug": "a/b-2"],
            "reasoning": [
                "mandatory": false, "default_enabled": false, "default_effort": "high",
            ],
        ]
        let model = try #require(ListedModel(row))
        #expect(model.aliasTarget == "a/b-2")
        #expect(model.thinking?.thinksUnasked == false)
        #expect(model.thinking?.effort == .high)
        #expect(ListedModel(["id": "a"])?.thinking == nil)
        #expect(ListedModel(["id": "a"])?.aliasTarget == nil)
        let vague = ListedModel(["id": "a", "reasoning": ["mandatory": true]])?.thinking
        #expect(vague?.thinksUnasked == true)
        #expect(vague?.isMandatory == true)
        #expect(vague?.effort == nil)
        let silent = ListedModel(["id": "a", "reasoning": ["mandatory": false]])?.thinking
        #expect(silent?.thinksUnasked == true, "what the row does not say may be")
    }
}

/// The page about fields.
extension FieldTests {
    @Test func `the page of fields has a row for each, with its rule`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(
            contentsOf: root.appending(path: "docs/reference/fields.md"), encoding: .utf8)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
        for field in ChatField.allCases {
            let rule =
                switch field.rule {
                case .judged: "judged"
                case .bounded: "bounded"
                case .harmless: "harmless"
                case .leftOut: "left out"
                }
            let own = rows.filter { $0.hasPrefix("| `\(field.rawValue)` |") }
            #expect(own.filter { $0.hasPrefix("| `\(field.rawValue)` | \(rule) |") }.count == 1)
            #expect(own.count == 1, "\(field.rawValue)")
        }
    }
}

/// The rule for random bodies.
extension FieldTests {
    private struct Field {
        var name: String
        var value: String
        var known: ChatField?
    }

    private func randomFields(_ dice: inout SeededGenerator) -> [Field] {
        var names: Set<String> = []
        var fields = [Field(name: "messages", value: FieldTests.value(of: .messages))]
        for _ in 0..<Int.random(in: 0..<9, using: &dice) {
            if Bool.random(using: &dice), let field = ChatField.allCases.randomElement(using: &dice)
            {
                let value = field == .user ? #""bob""# : FieldTests.value(of: field)
                guard field != .messages, names.insert(field.rawValue).inserted else { continue }
                fields.append(Field(name: field.rawValue, value: value, known: field))
            } else {
                let name = ["x", "Model", "y y", "é", "日本", "max_tokenss", ""].randomElement(
                    using: &dice)!
                guard names.insert(name).inserted else { continue }
                let value = ["1", "null", #"",}{""#, "[ [ ] ]", #"{"a":{"model":"b"}}"#]
                    .randomElement(using: &dice)!
                fields.append(Field(name: name, value: value))
            }
        }
        return fields.shuffled(using: &dice)
    }

    @Test func `whatever a body has, what is forwarded is known and what is kept is the same`()
        throws
    {
        var dice = SeededGenerator(seed: 7)
        let spaces = ["", "", " ", "\n\t", "\r\n  "]
        for _ in 0..<4_000 {
            let fields = randomFields(&dice)
            let gap = spaces.randomElement(using: &dice)!
            let pieces = fields.map { "\"\($0.name)\"\(gap):\(gap)\($0.value)" }
            let comma = "\(gap),\(spaces.randomElement(using: &dice)!)"
            let body = "{\(gap)\(pieces.joined(separator: comma))\(gap)}"
            let result = try forwarded(body)
            let json = try JSON.parse(result, duplicates: .refused)
            for member in json.object?.members ?? [] {
                let field = try #require(ChatField(rawValue: member.name), "\(body) → \(result)")
                #expect(field.rule != .leftOut, "\(body) → \(result)")
            }
            for (field, piece) in zip(fields, pieces)
            where field.name == "messages" || field.known?.rule == .harmless {
                #expect(result.contains(piece), "\(body) → \(result)")
            }
        }
    }
}
