import ArgumentParser
import Management
import Purser

// What people type, understood or refused.

extension TierSetting {
    static func one(_ texts: [String]) throws(TierFault) -> String {
        guard texts.count == 1 else { throw TierFault("takes one value") }
        return texts[0]
    }

    /// Each as it is, none twice.
    static func once(_ texts: [String]) throws(TierFault) -> [String] {
        var seen: Set<String> = []
        for text in texts where !seen.insert(text).inserted {
            throw TierFault("names \"\(text)\" twice")
        }
        return texts
    }

    static func patterns(_ texts: [String]) throws(TierFault) -> [ModelPattern] {
        var patterns: [ModelPattern] = []
        for text in texts {
            guard let pattern = ModelPattern(text) else {
                throw TierFault("\"\(text)\" is no model: write openai/gpt-4o-mini, openai/* or *")
            }
            patterns.append(pattern)
        }
        _ = try once(patterns.map(\.text))
        return patterns
    }

    /// One model, in the small letters of OpenRouter's ids.
    static func model(_ text: String) throws(TierFault) -> String {
        guard let pattern = ModelPattern(text), !pattern.hasStar else {
            throw TierFault("\"\(text)\" is no model: write openai/gpt-4o-mini")
        }
        return pattern.text
    }

    static func slugs(_ texts: [String]) throws(TierFault) -> [String] {
        for text in texts {
            let isSlug = text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x61...0x7A: true
                case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
            guard !text.isEmpty, isSlug else {
                throw TierFault(
                    "\"\(text)\" is no provider: write its slug, such as openai or "
                        + "deepinfra/turbo")
            }
        }
        return try once(texts)
    }

    /// Something that can stand in a list with commas.
    static func isWord(_ text: String) -> Bool {
        !text.isEmpty
            && !text.unicodeScalars.contains {
                $0.properties.isWhitespace || $0.properties.generalCategory == .control
                    || [",", "=", "*"].contains($0)
            }
    }

    static func known<Value: RawRepresentable & CaseIterable>(
        _ texts: [String], _ type: Value.Type, _ noun: String
    ) throws(TierFault) -> [Value] where Value.RawValue == String {
        var values: [Value] = []
        for text in try once(texts) {
            guard let value = Value(rawValue: text) else {
                let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
                throw TierFault("\"\(text)\" is no \(noun): write one of \(words)")
            }
            values.append(value)
        }
        return values
    }

    static func count(_ text: String) throws(TierFault) -> Int64 {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int64(text),
            count > 0
        else { throw TierFault("\"\(text)\" is no whole number from 1") }
        return count
    }

    static func dollars(_ text: String) throws(TierFault) -> USD {
        do {
            return try readLimit(text)
        } catch {
            let reason = (error as? ValidationError)?.message ?? "an amount of dollars"
            throw TierFault("\"\(text)\": \(reason)")
        }
    }

    /// `name=value`, each name once.
    static func pairs(
        _ texts: [String], _ example: String
    ) throws(TierFault) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for text in texts {
            let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2 else { throw TierFault("looks like \(example)") }
            pairs.append((String(sides[0]), String(sides[1])))
        }
        _ = try once(pairs.map(\.name))
        return pairs
    }
}

extension Extra {
    /// What people may write, divided by commas.
    static let words = allCases.map(\.rawValue).joined(separator: ", ")
}
