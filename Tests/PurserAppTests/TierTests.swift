import ArgumentParser
import Purser
import Testing

@testable import PurserApp

struct TierTests {
    private func tier(ceilings: [Extra: USD]) throws -> Tier {
        Tier(
            id: ID(1), name: "lab", models: [try #require(ModelPattern("*"))],
            outputTokensMax: 400, clampsOutput: true, ceilings: ceilings)
    }

    @Test func `ceilings are read one by one or together`() throws {
        let one = try readCeilings("image=0.01").ceilings
        #expect(one.map(\.kind) == [.image] && one.map(\.amount.description) == ["0.01"])
        let several = try readCeilings("web-search=$2, image=0,server-tool=100000").ceilings
        #expect(several.map(\.kind) == [.webSearch, .image, .serverTool])
        #expect(several.map(\.amount) == [.dollars(2), .zero, .dollars(100_000)])
        for kind in Extra.allCases {
            #expect(try readCeilings("\(kind.rawValue)=1").ceilings.map(\.kind) == [kind])
        }
    }

    @Test(arguments: ["", "image", "=1", "image=", "image=-1", "image=1=2", "Image=1", "image=1,"])
    func `anything else is no ceiling`(text: String) {
        #expect(throws: ValidationError.self) { try readCeilings(text) }
    }

    @Test func `who names an unknown kind is told the known ones`() {
        let error = #expect(throws: ValidationError.self) { try readCeilings("hologram=1") }
        #expect(error?.message.contains("\"hologram\"") == true)
        for kind in Extra.allCases {
            #expect(error?.message.contains(kind.rawValue) == true, "\(kind)")
        }
    }

    @Test func `a tier is shown with its clamp and its ceilings in every format`() throws {
        let tier = try tier(ceilings: [.webSearch: .dollars(2), .image: USD(picodollars: 1)])
        #expect(
            TierListing.text(of: tier, .json)
                == #"{"name":"lab","models":["*"],"otherwise":"deny","max_tokens":400,"#
                + #""max_request_usd":null,"clamp":true,"#
                + #""ceilings":{"image":0.000000000001,"web-search":2}}"# + "\n")
        #expect(
            TierListing.text(of: tier, .csv) == """
                name,models,otherwise,max_tokens,max_request_usd,clamp,ceilings
                lab,*,deny,400,,true,"image=0.000000000001,web-search=2"

                """)
        #expect(
            TierListing.text(of: tier, .table) == """
                tier  models  otherwise  tokens at most  dollars a call  clamp  ceilings
                ----  ------  ---------  --------------  --------------  -----  \
                ---------------------------------
                lab   *       deny                  400  any             yes    \
                image=0.000000000001,web-search=2

                """)
        let bare = try self.tier(ceilings: [:])
        #expect(TierListing.text(of: bare, .json).hasSuffix(#""clamp":true,"ceilings":{}}"# + "\n"))
        #expect(TierListing.text(of: bare, .csv).hasSuffix(",true,\n"))
        #expect(TierListing.text(of: bare, .table).hasSuffix("  yes    -\n"))
    }
}
