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
    /// Attodollars of each part; the grid is finer than any listed price.
    struct Parts: Hashable, Sendable {
        var prompt: Int128
        var completion: Int128
        var fee: Int128
    }

    /// - Parameter hasFloatNoise: print what binary floating point makes of the product, as
    ///   OpenRouter does (`4.1400000000000003e-05`), else every exact digit and no exponent.
    init(
        rates: PriceList.Rates, promptTokens: Int64, completionTokens: Int64,
        fee: UnitPrice = .zero, hasFloatNoise: Bool
    ) {
        if hasFloatNoise {
            let prompt = Cost.double(rates.prompt) * Double(promptTokens)
            let completion = Cost.double(rates.completion) * Double(completionTokens)
            let upstream = prompt + completion
            self.init(
                total: "\(upstream + Cost.double(fee))", upstream: "\(upstream)",
                prompt: "\(prompt)", completion: "\(completion)")
        } else {
            let prompt = rates.prompt.attodollars * Int128(promptTokens)
            let completion = rates.completion.attodollars * Int128(completionTokens)
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
