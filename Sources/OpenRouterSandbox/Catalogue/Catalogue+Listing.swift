import OpenRouterWire

extension Catalogue {
    /// `GET /models`; without `offset` and `limit` the whole list.
    static func listing(_ request: SandboxRequest) throws(Refusal) -> JSON {
        let offset = try request.integer("offset", in: 0...Int.max)
        let limit = try request.integer("limit", in: 1...1_000)
        let rows = matching(request)
        let start = min(offset ?? 0, rows.count)
        let pageSize = limit ?? (offset == nil ? rows.count : 500)
        let end = min(start + pageSize, rows.count)
        let next = "/api/v1/models?offset=\(end)&limit=\(pageSize)"
        return [
            "data": .array(rows[start..<end].map(\.json)),
            "total_count": JSON(Int64(rows.count)),
            "links": ["next": end < rows.count ? .string(next) : .null],
        ]
    }

    /// `GET /models/count`.
    static func count(_ request: SandboxRequest) -> JSON {
        ["data": ["count": JSON(Int64(matching(request).count))]]
    }

    /// The rows that the query's filters leave: `q`, `supported_parameters`, `input_modalities`
    /// and `model_authors`. Other filters of the real list are ignored.
    private static func matching(_ request: SandboxRequest) -> [Model] {
        var rows = models
        if let words = request.parameter("q")?.lowercased() {
            rows = rows.filter {
                $0.id.lowercased().contains(words) || $0.name.lowercased().contains(words)
            }
        }
        func keep(_ parameter: String, _ values: (Model) -> [String]) {
            guard let wanted = request.parameter(parameter)?.split(separator: ",") else { return }
            rows = rows.filter { model in
                wanted.allSatisfy { values(model).contains(String($0)) }
            }
        }
        keep("supported_parameters") { $0.family.parameters }
        keep("input_modalities") { $0.inputs }
        if let authors = request.parameter("model_authors")?.split(separator: ",") {
            rows = rows.filter { authors.contains(Substring($0.author)) }
        }
        return rows
    }

    /// `GET /model/{author}/{slug}`.
    static func model(_ author: String, _ slug: String) throws(Refusal) -> JSON {
        guard let (model, _) = resolve("\(author)/\(slug)") else { throw .noSuchResource }
        return ["data": model.json]
    }

    /// `GET /models/{author}/{slug}/endpoints`.
    static func endpoints(_ author: String, _ slug: String) throws(Refusal) -> JSON {
        guard let (model, _) = resolve("\(author)/\(slug)") else { throw .noSuchResource }
        return [
            "data": [
                "id": .string(model.id), "name": .string(model.name),
                "created": JSON(model.created), "description": .string(model.about),
                "architecture": model.architecture,
                "endpoints": .array(model.endpoints.map { $0.json(of: model) }),
            ]
        ]
    }

    /// `GET /providers`.
    static var providers: JSON { ["data": .array(Provider.all.map(\.json))] }
}

extension Model {
    /// The row of `GET /models`, with every field that clients insist on.
    fileprivate var json: JSON {
        let unset = [
            "temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty",
            "repetition_penalty",
        ]
        return [
            "id": .string(id), "canonical_slug": .string(slug),
            "hugging_face_id": JSON(huggingFaceID), "name": .string(name),
            "created": JSON(created), "description": .string(about),
            "context_length": listsContext ? JSON(contextLength) : .null,
            "architecture": architecture,
            "pricing": .object(prices.json),
            "top_provider": [
                "context_length": listsContext ? JSON(contextLength) : .null,
                "max_completion_tokens": outputMax.map { JSON($0) } ?? .null,
                "is_moderated": .bool(isModerated),
            ],
            "per_request_limits": nil,
            "supported_parameters": .array(family.parameters.map(JSON.string)),
            "default_parameters": .object(JSONObject(unset.map { ($0, .null) })),
            "supported_voices": nil, "knowledge_cutoff": nil, "expiration_date": nil,
            "links": ["details": .string("/api/v1/models/\(slug)/endpoints")],
        ]
    }

    fileprivate var architecture: JSON {
        let kinds = ["text", "image", "file", "audio", "video"].filter(inputs.contains)
        return [
            "modality": .string(kinds.joined(separator: "+") + "->text"),
            "input_modalities": .array(inputs.map(JSON.string)),
            "output_modalities": ["text"],
            "tokenizer": .string(family.tokenizer),
            "instruct_type": nil,
        ]
    }
}

extension Endpoint {
    fileprivate func json(of model: Model) -> JSON {
        var pricing = prices.json
        if pricing["discount"] == nil { pricing["discount"] = 0 }
        return [
            "name": .string("\(provider.name) | \(model.id)"),
            "model_id": .string(model.id), "model_name": .string(model.name),
            "context_length": JSON(model.contextLength), "pricing": .object(pricing),
            "provider_name": .string(provider.name), "tag": .string(tag), "quantization": nil,
            "max_completion_tokens": model.outputMax.map { JSON($0) } ?? .null,
            "max_prompt_tokens": nil,
            "supported_parameters": .array(model.family.parameters.map(JSON.string)),
            "status": 0, "uptime_last_30m": .number("99.9"), "uptime_last_5m": 100,
            "uptime_last_1d": .number("99.8"), "supports_implicit_caching": false,
            "supports_diarization": false, "native_tools": [:], "service_tier": nil,
            // The sandbox accepts tools and answers in words.
            "supports_tool_choice": [
                "auto": true, "none": true, "required": false, "function": false,
            ],
            "latency_last_30m": nil, "throughput_last_30m": nil,
        ]
    }

    /// The id that `/activity` and `/generation` show.
    func id(of model: Model) -> String { stableUUID("endpoint \(model.id) \(tag)") }
}

extension SandboxRequest {
    /// A whole number from the query; `nil` if it is not there.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(Refusal) -> Int? {
        guard let text = parameter(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            let bound = range.upperBound == .max ? "" : " and at most \(range.upperBound)"
            throw .invalid("\(name) must be a whole number of at least \(range.lowerBound)\(bound)")
        }
        return value
    }
}
