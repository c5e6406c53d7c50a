import OpenRouterWire
import Purser

/// What a completion costs, as the literals that the answer prints.
///
/// The account is charged the decimal value of ``total`` as printed, so that whoever adds up the
/// answers gets the bill to the last digit.
struct Cost: Hashable, Sendable {
    /// With fees.
    var total: String
    /// Without fees: what the provider takes.
    var upstream: String
    var prompt: String
    var completion: String

    static let nothing = Cost(total: "0", upstream: "0", prompt: "0", completion: "0")

    /// The amount the account is charged.
    var charge: USD {
        guard let amount = USD(total) else {
            preconditionFailure("a cost the sandbox prints is an amount it can charge")
        }
        return amount
    }
}

extension Cost {
    /// - Parameter hasFloatNoise: print what binary floating point makes of the products, as
    ///   OpenRouter does (`4.1400000000000003e-05`), else every exact digit and no exponent.
    init(
        rates: PriceList.Rates, prompt: PromptUse, completionTokens: Int64,
        reasoningTokens: Int64 = 0, fee: UnitPrice = .zero, hasFloatNoise: Bool
    ) {
        let marked = prompt.cached + prompt.written + prompt.writtenHour
        let input: [(UnitPrice, Int64)] = [
            (rates.prompt, prompt.text - marked + prompt.otherTokens + prompt.videoTokens),
            (rates.cacheRead, prompt.cached), (rates.cacheWrite, prompt.written),
            (rates.cacheWriteHour, prompt.writtenHour), (rates.imageToken, prompt.imageTokens),
            (rates.audio, prompt.audioTokens), (rates.image, prompt.images),
            (rates.request, 1),
        ]
        let output = [(rates.completion, completionTokens), (rates.reasoning, reasoningTokens)]
        if hasFloatNoise {
            func sum(_ terms: [(UnitPrice, Int64)]) -> Double {
                terms.reduce(0) { $0 + Cost.double($1.0) * Double($1.1) }
            }
            let (prompt, completion) = (sum(input), sum(output))
            let upstream = prompt + completion
            self.init(
                total: "\(upstream + Cost.double(fee))", upstream: "\(upstream)",
                prompt: "\(prompt)", completion: "\(completion)")
        } else {
            func sum(_ terms: [(UnitPrice, Int64)]) -> Int128 {
                terms.reduce(0) { $0 + $1.0.attodollars * Int128($1.1) }
            }
            let (prompt, completion) = (sum(input), sum(output))
            self.init(
                total: Cost.exact(prompt + completion + fee.attodollars),
                upstream: Cost.exact(prompt + completion), prompt: Cost.exact(prompt),
                completion: Cost.exact(completion))
        }
    }

    private static func double(_ price: UnitPrice) -> Double {
        guard let value = Double(price.description) else {
            preconditionFailure("a price prints as a number")
        }
        return value
    }

    private static func exact(_ attodollars: Int128) -> String {
        DecimalText.exact(attodollars, places: UnitPrice.places)
    }
}
