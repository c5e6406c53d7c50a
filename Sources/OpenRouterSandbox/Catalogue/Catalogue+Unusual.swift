extension Catalogue {
    /// Models whose bills have more in them than tokens of text, or whose rows say less.
    static let unusual: [Model] = [
        Model(
            id: "openai/gpt-4o-2024-05-13", slug: "openai/gpt-4o-2024-05-13",
            name: "OpenAI: GPT-4o (2024-05-13)",
            about: "An early model that charges for each picture beside its tokens.",
            created: 1_715_558_400, contextLength: 128_000, outputMax: 4_096,
            isModerated: true, family: .gpt,
            inputs: ["text", "image", "file"],
            prices: PriceList(
                prompt: "0.000005", completion: "0.000015",
                others: [
                    ("image", "0.007225")
                ]),
            alternatives: [
                Endpoint(
                    provider: .azure, tag: "azure",
                    prices: PriceList(
                        prompt: "0.000005", completion: "0.000015",
                        others: [
                            ("image", "0.01")
                        ]))
            ]),
        Model(
            id: "openai/gpt-audio", slug: "openai/gpt-audio",
            name: "OpenAI: GPT Audio",
            about: "A model that listens; sound costs more than text.",
            created: 1_756_339_200, contextLength: 128_000, outputMax: 16_384,
            isModerated: true, family: .gpt,
            inputs: ["text", "audio"],
            prices: PriceList(
                prompt: "0.0000025", completion: "0.00001",
                others: [
                    ("audio", "0.000032")
                ])),
        Model(
            id: "google/gemini-3-pro-preview", slug: "google/gemini-3-pro-preview-20251117",
            name: "Google: Gemini 3 Pro Preview",
            about: "A large model for all kinds of input, with a price for each.",
            created: 1_763_424_000, contextLength: 1_048_576, outputMax: 65_536,
            isModerated: false, family: .gemini,
            inputs: ["text", "image", "video", "file", "audio"],
            prices: PriceList(
                prompt: "0.000002", completion: "0.000012",
                others: [
                    ("image", "0.000002"),
                    ("image_token", "0.0000025"),
                    ("audio", "0.000003"),
                    ("internal_reasoning", "0.000014"),
                    ("input_cache_read", "0.0000002"),
                    ("input_cache_write", "0.000000375"),
                ],
                overrides: [
                    .init(minPromptTokens: 200_000, prompt: "0.000004", completion: "0.000018")
                ])),
        Model(
            id: "perplexity/sonar", slug: "perplexity/sonar",
            name: "Perplexity: Sonar",
            about: "Searches the web before each answer, at a price for the call and the search.",
            created: 1_738_013_808, contextLength: 127_072, outputMax: 8_000,
            isModerated: false, family: .sonar,
            inputs: ["text", "image"],
            prices: PriceList(
                prompt: "0.000001", completion: "0.000001",
                others: [
                    ("request", "0.005"),
                    ("web_search", "0.005"),
                ])),
        Model(
            id: "qwen/qwen3-vl-32b-instruct", slug: "qwen/qwen3-vl-32b-instruct",
            name: "Qwen: Qwen3 VL 32B Instruct",
            about: "A model that reads images, and whose row gives no context length.",
            created: 1_761_231_332, contextLength: 131_072, listsContext: false,
            outputMax: 32_768, isModerated: false, family: .qwen,
            inputs: ["text", "image"],
            prices: PriceList(
                prompt: "0.000000104", completion: "0.000000416", discountPercent: 1)),
        Model(
            id: "qwen/byte-level", slug: "qwen/byte-level",
            name: "Qwen: Byte Level",
            about: "A made-up model to which every byte is a token, dear to think and to cache.",
            created: 1_761_231_332, contextLength: 131_072, isByteLevel: true,
            outputMax: 32_768, isModerated: false, family: .qwen,
            inputs: ["text"],
            prices: PriceList(
                prompt: "0.000001", completion: "0.000002",
                others: [
                    ("request", "0.0005"),
                    ("internal_reasoning", "0.000005"),
                    ("input_cache_read", "0.0000001"),
                    ("input_cache_write", "0.00000125"),
                    ("input_cache_write_1h", "0.000002"),
                ])),
        Model(
            id: "qwen/unpriced", slug: "qwen/unpriced",
            name: "Qwen: Unpriced",
            about: "A made-up model whose price is not known in advance.",
            created: 1_761_231_332, contextLength: 131_072, outputMax: 32_768,
            isModerated: false, family: .qwen,
            inputs: ["text", "image"],
            prices: PriceList(prompt: "-1", completion: "-1"),
            alternatives: [
                Endpoint(
                    provider: .alibaba, tag: "alibaba/plus",
                    prices: PriceList(prompt: "0.0000004", completion: "0.0000012"))
            ]),
    ]
}
