import OpenRouterWire
import Purser
import TestSupport
import Testing

struct JSONTests {
    @Test(arguments: [
        #"{"a":[1,-2.5e-7,"x\n\u00e9\ud83d\ude00",null,true,false,{}],"b":{"c":[]}}"#,
        "[]", "0", "\"\"", "-0.0", "1E+5",
    ])
    func `a document read and written keeps its value and the digits of its numbers`(
        text: String
    ) throws {
        let once = try JSON.parse(text)
        #expect(try JSON.parse(once.text) == once)
    }

    @Test func `numbers keep their literal`() throws {
        let json = try JSON.parse(#"{"cost":4.1400000000000003e-05}"#)
        #expect(json["cost"]?.literal == "4.1400000000000003e-05")
        #expect(json["cost"]?.usd == USD("0.0000414"))
    }

    @Test(arguments: [
        "", "{", "[1,", "{\"a\"}", "{\"a\":1,}", "[1]]", "01", "1.", "-", "tru", "\"\\x\"",
        "\"\\u12\"", "\"\u{1}\"", "{a:1}", "'a'", "[1 2]", "\"\\ud800\"", "NaN",
    ])
    func `what is not JSON is a fault`(text: String) {
        #expect(throws: JSONGrammar.Fault.self) { try JSON.parse(text) }
    }

    @Test func `nesting has a limit that no stack notices`() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONGrammar.Fault.self) { try JSON.parse(deep) }
    }

    @Test func `a name twice is refused where we judge, and the last counts elsewhere`() throws {
        let text = #"{"a":1,"\u0061":2}"#
        #expect(try JSON.parse(text)["a"] == 2)
        #expect(throws: JSONGrammar.Fault.self) { try JSON.parse(text, duplicates: .refused) }
    }

    @Test(arguments: [
        ("5", 5), ("5.0", 5), ("5e0", 5), ("50e-1", 5), ("-3", -3), ("5.5", nil),
        ("5.0000000001", nil), ("1e40", nil), ("0.9999999", nil),
    ])
    func `an integer may be written with a point`(literal: String, value: Int64?) {
        #expect(JSON.number(literal).integer == value)
    }

    @Test func `random bytes never trap the parser`() {
        var generator = SeededGenerator(seed: 3)
        let alphabet = Array("{}[]\",:\\u0123456789.eE+-truefalsn \u{7f}".utf8)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<40, using: &generator)
            let bytes = (0..<count).map { _ in alphabet.randomElement(using: &generator)! }
            if let json = try? JSON.parse(bytes) {
                // Whatever is read can be written and read again.
                #expect((try? JSON.parse(json.text)) != nil)
            }
        }
    }
}
