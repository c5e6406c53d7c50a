import OpenRouterWire
import Purser

/// The most the prompt of a call can cost, with what comes in beside its text.
struct PromptBound {
    /// Tokens of text alone.
    private var textTokens: Int64
    /// The largest context of all models; `nil` where one has none listed.
    private var context: Int64?
    private var prices: ModelPrices
    /// What fills the prompt with tokens that the body's bytes do not bound.
    private var fillings: [(kind: Extra, count: Int64, words: String)] = []
    /// What those cost beside tokens; `nil` where it is not known.
    private var fees: USD? = .zero

    init(_ request: ChatRequest, models: [ListedModel], prices: ModelPrices) {
        self.prices = prices
        let priced = models.filter { $0.prices != nil }
        let contexts = priced.compactMap(\.contextLength)
        context = contexts.count == priced.count ? contexts.max() : nil
        textTokens = Int64(request.byteCount)
        if request.hasInstructions || priced.contains(where: \.hasInstructions) {
            textTokens += CostBound.instructionTokens
        }
        textTokens = min(textTokens, context ?? textTokens)
        addMedia(request.extras)
        addSearches(request.extras, priced)
    }

    private mutating func addMedia(_ extras: ChatExtras) {
        for kind in [Extra.image, .audio, .video] {
            guard let use = extras[kind] else { continue }
            fillings.append((kind, use.count, use.words))
            if kind == .image { addFee(prices.image?.costRoundedUp(count: use.count)) }
        }
    }

    private mutating func addSearches(_ extras: ChatExtras, _ models: [ListedModel]) {
        if let fee = extras.searchFee, let use = extras[.webSearch] {
            fillings.append((.webSearch, 1, use.words))
            addFee(fee.costRoundedUp(count: 1))
        }
        if let model = models.first(where: { $0.searching == .once }) {
            fillings.append((.webSearch, 1, "The web search of \(model.id)"))
            addFee(prices.webSearch?.costRoundedUp(count: 1))
        }
    }

    private mutating func addFee(_ fee: USD?) { fees = CostBound.plus(fees, fee) }

    /// The bound; `nil` in place of an amount beyond ``USD/callCostMax``.
    func cost(ceilings: [Extra: USD]) -> Result<USD?, Refusal> {
        let text = CostBound.plausible(prices.promptDearest.costRoundedUp(count: textTokens))
        guard let first = fillings.first(where: { ceilings[$0.kind] == nil }) ?? fillings.first
        else { return .success(text) }
        let bounds = [boundByContext, bound(above: text, by: ceilings)].compactMap { $0 }
        if let least = bounds.min() { return .success(least) }
        if isBoundedByContext || ceilings[first.kind] != nil { return .success(nil) }
        return .failure(.extraNotAllowed(first.words, ceiling: first.kind))
    }

    private var isBoundedByContext: Bool {
        context != nil && fees != nil && tokenPrice != nil
    }

    /// The dearest a token of this prompt can be.
    private var tokenPrice: UnitPrice? {
        let hasMedia = fillings.contains { $0.kind != .webSearch }
        return hasMedia ? prices.mediaDearest : prices.promptDearest
    }

    /// A context full of the dearest tokens, and the fees.
    private var boundByContext: USD? {
        guard let context, let tokenPrice else { return nil }
        return CostBound.plausible(
            CostBound.plus(tokenPrice.costRoundedUp(count: context), fees))
    }

    /// The text, and what the tier says that each other thing can add.
    private func bound(above text: USD?, by ceilings: [Extra: USD]) -> USD? {
        var sum = text
        for filling in fillings {
            guard let ceiling = ceilings[filling.kind] else { return nil }
            sum = CostBound.plus(sum, CostBound.times(filling.count, ceiling))
        }
        return CostBound.plausible(sum)
    }
}

/// What only the tier's ceilings bound.
struct Surcharge {
    let ceilings: [Extra: USD]
    /// `nil` beyond what an amount carries.
    private(set) var total: USD? = .zero
    /// The ceiling for a model without prices, where there is one.
    private(set) var unlisted = USD.zero
    /// The first thing without a ceiling.
    private(set) var missing: Refusal?

    init(ceilings: [Extra: USD]) {
        self.ceilings = ceilings
    }

    /// The dearest prices of all models that have any.
    mutating func addModels(_ models: [ListedModel], _ request: ChatRequest) -> ModelPrices? {
        var prices: ModelPrices?
        for model in models {
            guard let own = model.prices else {
                addUnlisted(model)
                continue
            }
            prices = prices.map { $0.dearest(own) } ?? own
        }
        if let model = models.first(where: { !$0.isTextOnly }), request.extras[.mediaOutput] == nil
        {
            add(
                .mediaOutput, request.answerCount, "\(model.id), which answers with more than text,"
            )
        }
        if let model = models.first(where: { $0.searching == .freely }) {
            add(.webSearch, 1, "\(model.id), which searches as often as it likes,")
        }
        return prices
    }

    private mutating func addUnlisted(_ model: ListedModel) {
        if model.isRouter {
            let words = "\(model.id), which hands the call to a model of its choice,"
            missing = missing ?? .extraNotAllowed(words, ceiling: nil)
        } else if let ceiling = ceilings[.unknownPrice] {
            unlisted = ceiling
        } else {
            missing = missing ?? .priceUnknown(model.id)
        }
    }

    /// What of the request has no bound of its own.
    mutating func addExtras(_ request: ChatRequest) {
        for kind in Extra.allCases {
            guard let use = request.extras[kind] else { continue }
            switch kind {
            case .file, .plugin, .serverTool: add(kind, use.count, use.words)
            case .webSearch:
                if request.extras.searchFee == nil { add(kind, use.count, use.words) }
            case .mediaOutput: add(kind, request.answerCount, use.words)
            case .serviceTier: add(kind, 1, use.words)
            // The prompt's bound has these, and the model's own row the last.
            case .image, .audio, .video, .unknownPrice: break
            }
        }
    }

    private mutating func add(_ kind: Extra, _ count: Int64, _ words: String) {
        guard let ceiling = ceilings[kind] else {
            missing = missing ?? .extraNotAllowed(words, ceiling: kind)
            return
        }
        total = CostBound.plus(total, CostBound.times(count, ceiling))
    }
}
