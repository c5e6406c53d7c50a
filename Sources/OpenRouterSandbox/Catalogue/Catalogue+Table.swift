extension Catalogue {
    /// Real names and prices as they stood in 2026; they move, so nothing may depend on them.
    ///
    /// Each model's first endpoint is its maker's own at the listed price; the rows name the rest.
    static let models: [Model] = openAI + anthropic + others + unusual

    private static let openAI: [Model] = [
        Model(
            id: "openai/gpt-4o-mini", slug: "openai/gpt-4o-mini",
            name: "OpenAI: GPT-4o-mini",
            about: "A small, quick and inexpensive model for everyday tasks.",
            created: 1_721_260_800, contextLength: 128_000, outputMax: 16_384,
            isModerated: true, family: .gpt,
            inputs: ["text", "image", "file"],
            prices: PriceList(
                prompt: "0.00000015", completion: "0.0000006",
                others: [
                    ("input_cache_read", "0.000000075")
                ]),
            alternatives: [
                Endpoint(
                    provider: .azure, tag: "azure/swedencentral",
                    prices: PriceList(
                        prompt: "0.000000165", completion: "0.00000066",
                        others: [("input_cache_read", "0.0000000825")]))
            ]),
        Model(
            id: "openai/gpt-4o", slug: "openai/gpt-4o",
            name: "OpenAI: GPT-4o",
            about: "A general model that reads text, images and files.",
            created: 1_715_558_400, contextLength: 128_000, outputMax: 16_384,
            isModerated: true, family: .gpt,
            inputs: ["text", "image", "file"],
            prices: PriceList(
                prompt: "0.0000025", completion: "0.00001")),
        Model(
            id: "openai/gpt-5-mini", slug: "openai/gpt-5-mini-2025-08-07",
            name: "OpenAI: GPT-5 Mini",
            about: "A compact reasoning model for lighter work.",
            created: 1_754_587_407, contextLength: 400_000, outputMax: 128_000,
            isModerated: true, family: .gptReasoning,
            inputs: ["text", "image", "file"],
            prices: PriceList(
                prompt: "0.00000025", completion: "0.000002")),
        Model(
            id: "openai/gpt-5.4", slug: "openai/gpt-5.4-20260305",
            name: "OpenAI: GPT-5.4",
            about: "A large reasoning model for demanding work.",
            created: 1_772_668_800, contextLength: 1_050_000, outputMax: 128_000,
            isModerated: true, family: .gpt,
            inputs: ["text", "image", "file"],
            prices: PriceList(
                prompt: "0.0000025", completion: "0.000015",
                others: [
                    ("web_search", "0.01"),
                    ("input_cache_read", "0.00000025"),
                ])),
    ]

    private static let anthropic: [Model] = [
        Model(
            id: "anthropic/claude-haiku-4.5", slug: "anthropic/claude-4.5-haiku-20251001",
            name: "Anthropic: Claude Haiku 4.5",
            about: "The quickest of its family, for high volumes.",
            created: 1_760_547_638, contextLength: 200_000, outputMax: 64_000,
            isModerated: false, family: .claude,
            inputs: ["text", "image"],
            prices: PriceList(
                prompt: "0.000001", completion: "0.000005",
                others: [
                    ("input_cache_read", "0.0000001"),
                    ("input_cache_write", "0.00000125"),
                ])),
        Model(
            id: "anthropic/claude-haiku-4.5:batch", slug: "anthropic/claude-4.5-haiku-20251001",
            name: "Anthropic: Claude Haiku 4.5 (batch)",
            about: "The same model at half the price, for batches.",
            created: 1_760_547_638, contextLength: 200_000, outputMax: 64_000,
            isModerated: false, family: .claude,
            inputs: ["text", "image"],
            prices: PriceList(
                prompt: "0.0000005", completion: "0.0000025")),
        Model(
            id: "anthropic/claude-sonnet-4.5", slug: "anthropic/claude-4.5-sonnet-20250929",
            name: "Anthropic: Claude Sonnet 4.5",
            about: "A balanced model for coding and agents; long prompts cost more.",
            created: 1_759_161_676, contextLength: 1_000_000, outputMax: 64_000,
            isModerated: false, family: .claude,
            inputs: ["text", "image", "file"],
            prices: PriceList(
                prompt: "0.000003", completion: "0.000015",
                others: [
                    ("web_search", "0.01"),
                    ("input_cache_read", "0.0000003"),
                    ("input_cache_write", "0.00000375"),
                    ("input_cache_write_1h", "0.000006"),
                ],
                overrides: [
                    .init(
                        minPromptTokens: 200_000, prompt: "0.000006",
                        completion: "0.0000225")
                ])),
        Model(
            id: "anthropic/claude-sonnet-4.6", slug: "anthropic/claude-4.6-sonnet-20260217",
            name: "Anthropic: Claude Sonnet 4.6",
            about: "A balanced model for coding and agents.",
            created: 1_771_286_400, contextLength: 1_000_000, outputMax: 128_000,
            isModerated: false, family: .claude,
            inputs: ["text", "image", "file"],
            prices: PriceList(
                prompt: "0.000003", completion: "0.000015",
                others: [
                    ("input_cache_read", "0.0000003"),
                    ("input_cache_write", "0.00000375"),
                ])),
        Model(
            id: "anthropic/claude-sonnet-5", slug: "anthropic/claude-sonnet-5-20260630",
            name: "Anthropic: Claude Sonnet 5",
            about: "The current balanced model of its family.",
            created: 1_782_843_083, contextLength: 1_000_000, outputMax: 128_000,
            isModerated: false, family: .claude,
            inputs: ["text", "image", "file"],
            prices: PriceList(
                prompt: "0.000002", completion: "0.00001",
                others: [
                    ("web_search", "0.01"),
                    ("input_cache_read", "0.0000002"),
                    ("input_cache_write", "0.0000025"),
                    ("input_cache_write_1h", "0.000004"),
                ])),
        Model(
            id: "anthropic/claude-opus-4.8", slug: "anthropic/claude-4.8-opus-20260528",
            name: "Anthropic: Claude Opus 4.8",
            about: "The strongest of its family, for the hardest work.",
            created: 1_779_905_091, contextLength: 1_000_000, outputMax: 128_000,
            isModerated: false, family: .claude,
            inputs: ["text", "image", "file"],
            prices: PriceList(
                prompt: "0.000005", completion: "0.000025",
                others: [
                    ("web_search", "0.01"),
                    ("input_cache_read", "0.0000005"),
                    ("input_cache_write", "0.00000625"),
                    ("input_cache_write_1h", "0.00001"),
                ])),
    ]

    private static let others: [Model] = [
        Model(
            id: "google/gemini-3.1-flash-lite-preview",
            slug: "google/gemini-3.1-flash-lite-preview-20260303",
            name: "Google: Gemini 3.1 Flash Lite Preview",
            about: "A light model that reads text, images, sound and video.",
            created: 1_772_496_000, contextLength: 1_048_576, outputMax: 65_536,
            isModerated: false, family: .gemini,
            inputs: ["text", "image", "video", "file", "audio"],
            prices: PriceList(
                prompt: "0.00000025", completion: "0.0000015",
                others: [
                    ("image", "0.00000025"),
                    ("audio", "0.0000005"),
                    ("internal_reasoning", "0.0000015"),
                    ("input_cache_read", "0.000000025"),
                    ("input_cache_write", "0.00000008333333333333334"),
                ])),
        Model(
            id: "deepseek/deepseek-v4-pro", slug: "deepseek/deepseek-v4-pro-20260423",
            name: "DeepSeek: DeepSeek V4 Pro",
            about: "A large open-weight model for reasoning.",
            created: 1_777_000_679, contextLength: 1_048_576, outputMax: 384_000,
            isModerated: false, family: .deepSeek,
            inputs: ["text"],
            huggingFaceID: "deepseek-ai/DeepSeek-V4-Pro",
            prices: PriceList(
                prompt: "0.000000435", completion: "0.00000087",
                others: [
                    ("input_cache_read", "0.000000003625")
                ])),
        Model(
            id: "deepseek/deepseek-v4-flash", slug: "deepseek/deepseek-v4-flash-20260423",
            name: "DeepSeek: DeepSeek V4 Flash",
            about: "A fast open-weight model at a very low price.",
            created: 1_777_000_666, contextLength: 1_048_576, outputMax: 65_536,
            isModerated: false, family: .deepSeek,
            inputs: ["text"],
            huggingFaceID: "deepseek-ai/DeepSeek-V4-Flash",
            prices: PriceList(
                prompt: "0.00000009", completion: "0.00000018",
                others: [
                    ("input_cache_read", "0.000000018")
                ])),
        Model(
            id: "qwen/qwen3.5-27b", slug: "qwen/qwen3.5-27b-20260224",
            name: "Qwen: Qwen3.5-27B",
            about: "A mid-sized open-weight model that reads images and video.",
            created: 1_771_891_200, contextLength: 262_144, outputMax: 65_536,
            isModerated: false, family: .qwen,
            inputs: ["text", "image", "video"],
            prices: PriceList(
                prompt: "0.000000195", completion: "0.00000156")),
        Model(
            id: "cohere/north-mini-code:free", slug: "cohere/north-mini-code-20260617",
            name: "Cohere: North Mini Code (free)",
            about: "A small coding model, free of charge and rate limited.",
            created: 1_781_723_748, contextLength: 256_000, outputMax: 64_000,
            isModerated: true, family: .cohere,
            inputs: ["text"],
            prices: PriceList(
                prompt: "0", completion: "0")),
        Model(
            id: "openrouter/auto", slug: "openrouter/auto",
            name: "Auto Router",
            about: "Picks a model for each request; the price is that of its choice.",
            created: 1_699_401_600, contextLength: 2_000_000, outputMax: nil,
            isModerated: false, family: .router,
            inputs: ["text", "image"],
            prices: PriceList(
                prompt: "-1", completion: "-1")),
    ]
}
