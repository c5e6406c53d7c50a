import Purser
import TestSupport
import Testing

struct MoneyTests {
    @Test(arguments: [
        ("0", 0), ("1", 1_000_000_000_000), ("0.00000315", 3_150_000), ("3.15e-06", 3_150_000),
        ("4.1400000000000003e-05", 41_400_000), ("0.0076509169000000005", 7_650_916_900),
        ("1.5e-7", 150_000), ("1E2", 100_000_000_000_000), ("-0.5", -500_000_000_000),
        ("0.0000000000005", 0), ("0.0000000000015", 2), ("0.00000000000050000001", 1),
        (".5", 500_000_000_000), ("5.", 5_000_000_000_000), ("1e-400", 0),
    ])
    func `a cost is read from its digits, ties to even`(text: String, picodollars: Int64) {
        #expect(USD(text)?.picodollars == picodollars)
    }

    @Test(arguments: [
        "", "-", ".", "e5", "1e", "1e+", "0x10", "1,5", " 1", "1 ", "--1", "1..2", "NaN",
        "9999999999", "1e30", "1e99999", "123456789012345678901234567890123456789",
    ])
    func `what is no amount, or too much, is not read`(text: String) {
        #expect(USD(text) == nil)
    }

    @Test func `printing and reading an amount gives it back`() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<10_000 {
            let amount = USD(picodollars: Int64.random(in: .min ... .max, using: &generator))
            #expect(USD(amount.description) == amount)
        }
    }

    @Test(arguments: [
        (3_150_000, "$0.00000315"), (12_340_000_000_000, "$12.34"), (500_000_000_000, "$0.50"),
        (7_000_000_000_000, "$7.00"), (-20_000_000_000, "-$0.02"),
    ])
    func `people read dollars with at least two places`(picodollars: Int64, text: String) {
        #expect(USD(picodollars: picodollars).dollars == text)
    }

    @Test func `a hold is rounded up, never down`() throws {
        let price = try #require(UnitPrice("0.00000008333333333333334"))
        #expect(price.costRoundedUp(count: 1)?.picodollars == 83_334)
        #expect(price.costRoundedUp(count: 3)?.picodollars == 250_001)
        #expect(UnitPrice.zero.costRoundedUp(count: .max) == .zero)
    }

    @Test(arguments: ["-1", "", "free", "1e30"])
    func `what is no price is not read as one`(text: String) {
        #expect(UnitPrice(text) == nil)
    }

    @Test func `what is affordable costs no more than the money`() throws {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<2_000 {
            let price = UnitPrice(
                attodollars: Int128(Int64.random(in: 1...50_000_000_000_000, using: &generator)))
            let money = USD(picodollars: Int64.random(in: 1...1_000_000_000_000, using: &generator))
            let units = price.unitsAffordable(with: money)
            #expect(try #require(price.costRoundedUp(count: units)) <= money)
            #expect(try #require(price.costRoundedUp(count: units + 1)) > money)
        }
    }

    @Test func `a price per million reads as price lists write it`() {
        #expect(UnitPrice("0.000003")?.perMillion == "3")
        #expect(UnitPrice("0.00000015")?.perMillion == "0.15")
    }
}
