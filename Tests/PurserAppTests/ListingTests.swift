import OpenRouterWire
import Purser
import Testing

@testable import PurserApp

struct ListingTests {
    private let listing = Listing(
        [
            Listing.Column("name", title: "key"), Listing.Column("usage", title: "usage"),
            Listing.Column("limit", title: "limit", absent: "unlimited"),
            Listing.Column("calls", title: "calls"),
            Listing.Column("share", title: "share", isField: false),
            Listing.Column("at", title: nil),
        ],
        rows: [
            [
                .text("alice"), .money(USD(picodollars: 3_150_000)), .money(.dollars(25)),
                .count(3), .share(667), .instant(Timestamp(milliseconds: 0)),
            ],
            [
                .text("bob, \"the builder\""), .money(.dollars(-2)), .absent, .count(12),
                .share(1_000), .absent,
            ],
        ],
        total: [
            .text("total"), .money(.dollars(12)), .absent, .count(15), .share(0), .absent,
        ])

    @Test func `people get columns that line up, money to its last digit`() {
        #expect(
            listing.table == """
                key                        usage      limit  calls   share
                ------------------  ------------  ---------  -----  ------
                alice                $0.00000315     $25.00      3   66.7%
                bob, "the builder"  -$2.00000000  unlimited     12  100.0%
                ------------------  ------------  ---------  -----  ------
                total               $12.00000000                15    0.0%

                """)
    }

    @Test func `programs get the fields alone, exact`() {
        #expect(
            listing.json.text
                == #"[{"name":"alice","usage":0.00000315,"limit":25,"calls":3,"#
                + #""at":"1970-01-01T00:00:00Z"},{"name":"bob, \"the builder\"","usage":-2,"#
                + #""limit":null,"calls":12,"at":null}]"#)
    }

    @Test func `spreadsheets get a line of names and quotes where they are needed`() {
        #expect(
            listing.csv == """
                name,usage,limit,calls,at
                alice,0.00000315,25,3,1970-01-01T00:00:00Z
                "bob, ""the builder""\",-2,,12,

                """)
    }

    @Test func `a table without rows is its heading`() {
        #expect(Listing([Listing.Column("name", title: "key")], rows: []).table == "key\n---\n")
    }

    @Test func `nothing in a cell moves the cursor`() {
        let table = Listing(
            [Listing.Column("model", title: "model")],
            rows: [[.text("a\u{1B}[2Jb\nc\u{202E}")]]
        ).table
        #expect(table == "model\n---------\na\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}\n")
    }

    @Test(arguments: [
        ("a", "a"), ("", ""), ("a,b", "\"a,b\""), ("a\nb", "\"a\nb\""), ("\"", "\"\"\"\""),
    ])
    func `a field is quoted where it must be`(field: String, written: String) {
        #expect(CSV.line([field, "x"]) == "\(written),x\n")
    }
}
