/// Strange words, numbers and values.
extension Mutator {
    mutating func anything() -> Piece {
        dice.one([
            .raw("null"), .raw("true"), .raw("false"), .raw("0"), .raw("1e3"), .text(""),
            .text(maker.oddModel()), .list([]), .object(), .list([.text(maker.oddModel())]),
            .object(("model", .text(maker.oddModel()))), .raw("-1"), .text("\\u0000"),
        ])
    }

    mutating func strangeNumber() -> String {
        dice.one([
            "-0", "0", "0.0", "1e0", "1E3", "1.0", "1e400", "99999999999999999999", "-1", "1.5",
            "2147483647", "2147483648", "9223372036854775807", "9223372036854775808", "1e18",
            "1e-400", "0x10", "010", "+5", ".5", "5.", "NaN", "Infinity", "1_000",
            String(repeating: "9", count: 400), "1" + String(repeating: "0", count: 70) + "e-70",
        ])
    }

    mutating func delicateName() -> String {
        dice.one([
            "model", "models", "Model", "MODELS", "modelId", "max_output_tokens", "maxTokens",
            "MaxTokens", "max-tokens", "plugins", "Plugins", "tools", "provider", "Provider",
            "preset", "fallbacks", "route", "service_tier", "serviceTier", "reasoning",
            "reasoning_effort", "web_search_options", "messages", "Messages", "content", "type",
            "only", "Only", "ignore", "zdr", "effort", "Effort", "id", "enabled", "n", "N",
            "fallback_models", "extra_body", "_model", "model ", "model\\u0000", "",
        ])
    }

    /// One character of the word in a quoted text is written as an escape.
    mutating func escaped(_ quoted: String) -> String {
        changed(quoted) { mutator, scalar in
            let digits = String(scalar.value, radix: 16, uppercase: mutator.dice.happens(2))
            guard scalar.value < 0x10000 else { return String(scalar) }
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }

    mutating func otherCase(_ quoted: String) -> String {
        switch dice.below(3) {
        case 0: changed(quoted) { _, scalar in String(scalar).uppercased() }
        case 1: quoted.uppercased()
        default: quoted.lowercased()
        }
    }

    mutating func lookAlike(_ quoted: String) -> String {
        let twins: [Unicode.Scalar: [String]] = [
            "k": ["\u{212A}", "\u{3BA}"], "s": ["\u{17F}", "\u{455}"],
            "o": ["\u{43E}", "\u{3BF}", "0"],
            "e": ["\u{435}", "e\u{301}", "\u{E9}"], "a": ["\u{430}", "a\u{308}", "\u{E4}"],
            "i": ["\u{131}", "\u{456}"], "c": ["\u{441}"], "p": ["\u{440}"],
            "-": ["\u{2010}", "\u{2212}", "_"],
            "/": ["\u{2215}", "\u{FF0F}", "\\/", "\\\\"], ".": ["\u{FF0E}", "\u{2024}"],
            "_": ["\u{FF3F}", "-", ""], ":": ["\u{FF1A}", "%3A"],
        ]
        return changed(quoted) { mutator, scalar in
            var choices = twins[scalar] ?? []
            if (0x21...0x7E).contains(scalar.value) {
                choices += [String(Unicode.Scalar(scalar.value + 0xFEE0) ?? scalar)]
            }
            return choices.isEmpty ? String(scalar) : mutator.dice.one(choices)
        }
    }

    mutating func withInvisible(_ quoted: String) -> String {
        let mark = dice.one([
            "\u{200B}", "\u{200D}", "\u{FEFF}", "\u{AD}", "\u{2060}", "\u{FE0F}", " ", "\u{A0}",
            "\\u0000", "\\n", "\\t", "\u{E0041}", "\u{202E}", "\u{3000}",
        ])
        let inner = quoted.dropFirst().dropLast()
        switch dice.below(3) {
        case 0: return "\"\(mark)\(inner)\""
        case 1: return "\"\(inner)\(mark)\""
        default: return changed(quoted) { _, scalar in String(scalar) + mark }
        }
    }

    /// Changes one character between the quotes; what is escaped stays whole.
    private mutating func changed(
        _ quoted: String, _ change: (inout Mutator, Unicode.Scalar) -> String
    ) -> String {
        let scalars = Array(quoted.unicodeScalars)
        let places = scalars.indices.dropFirst().dropLast().filter {
            scalars[$0] != "\\" && scalars[$0 - 1] != "\\" && scalars[$0] != "\""
        }
        guard !places.isEmpty else { return quoted }
        let place = dice.one(places)
        let before = String(String.UnicodeScalarView(scalars[..<place]))
        let after = String(String.UnicodeScalarView(scalars[(place + 1)...]))
        return before + change(&self, scalars[place]) + after
    }
}
