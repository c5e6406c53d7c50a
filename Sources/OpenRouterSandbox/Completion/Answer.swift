import OpenRouterWire

/// The text of one choice: plausible sentences that depend on nothing but seed and prompt.
struct Answer: Sendable {
    var text: String
    var finishReason: String

    /// No prompt makes a longer answer than this.
    static let wordsMax = 100_000

    /// - Parameter byteMax: where the token limit cuts.
    init(
        to request: ChatRequest, byteMax: Int64, using generator: inout SeededGenerator
    ) {
        let limit = Int(clamping: byteMax)
        var text = Answer.sentences(
            wordCount: Answer.wordsAsked(request.messages), byteMax: limit, using: &generator)
        if request.wantsJSON { text = JSON.object(JSONObject([("answer", .string(text))])).text }
        finishReason = "stop"
        if let end = request.stops.compactMap({ Answer.position(of: $0, in: text) }).min() {
            text = String(decoding: Array(text.utf8.prefix(end)), as: UTF8.self)
        }
        // The vocabulary is ASCII, so a cut at any byte leaves whole characters.
        if text.utf8.count > limit {
            text = String(decoding: Array(text.utf8.prefix(limit)), as: UTF8.self)
            finishReason = "length"
        }
        self.text = text
    }

    var tokens: Int64 { Tokens.count(text) }

    /// The text in the pieces a stream sends: one word each, with the space before it.
    var pieces: [String] {
        var pieces: [String] = []
        var piece: [UInt8] = []
        for unit in text.utf8 {
            if unit == UInt8(ascii: " "), !piece.isEmpty {
                pieces.append(String(decoding: piece, as: UTF8.self))
                piece.removeAll(keepingCapacity: true)
            }
            piece.append(unit)
        }
        if !piece.isEmpty { pieces.append(String(decoding: piece, as: UTF8.self)) }
        return pieces
    }
}

extension Answer {
    /// The number in front of "words" in the last message of the user, so that people can say how
    /// long an answer they want; `nil` if there is none.
    private static func wordsAsked(_ messages: [JSON]) -> Int? {
        guard let last = messages.last(where: { $0["role"] == "user" }) else { return nil }
        var texts = (last["content"]?.array ?? []).compactMap { $0["text"]?.string }
        if let text = last["content"]?.string { texts.append(text) }
        for text in texts {
            let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }
            for (number, noun) in zip(words, words.dropFirst())
            where noun == "words" || noun == "word" {
                if let count = Int(number), count > 0 { return min(count, wordsMax) }
            }
        }
        return nil
    }

    /// Whole sentences, two to four of them, or as many as make `wordCount` words; only as far as
    /// `byteMax` reaches.
    private static func sentences(
        wordCount: Int?, byteMax: Int, using generator: inout SeededGenerator
    ) -> String {
        var words: [Substring] = []
        var byteCount = 0
        var sentencesLeft = wordCount == nil ? 2 + generator.index(below: 3) : Int.max
        var wordsLeft = wordCount ?? Int.max
        while sentencesLeft > 0, wordsLeft > 0, byteCount <= byteMax {
            let sentence = phrases[generator.index(below: phrases.count)].prefix(wordsLeft)
            words += sentence
            byteCount += sentence.reduce(0) { $0 + $1.utf8.count + 1 }
            wordsLeft -= sentence.count
            sentencesLeft -= 1
        }
        var text = words.joined(separator: " ")
        if text.hasSuffix(",") { text.removeLast() }
        return text.hasSuffix(".") ? text : text + "."
    }

    private static func position(of stop: String, in text: String) -> Int? {
        let stop = Array(stop.utf8)
        let text = Array(text.utf8)
        guard stop.count <= text.count else { return nil }
        return (0...(text.count - stop.count)).first { start in
            text[start..<(start + stop.count)].elementsEqual(stop)
        }
    }

    private static let phrases: [[Substring]] = """
        That depends on what you want to measure first.
        A small example makes the difference clear.
        The short answer is yes, with one exception.
        Most teams begin with the simplest version and change it later.
        Read the input once, keep the parts that matter, and drop the rest.
        The second step is usually the slow one.
        Each request stands on its own, so the order does not matter.
        Write the test first, then make it pass.
        It is easier to add a rule than to take one away.
        In practice the numbers differ a little from day to day.
        Start with the list of names and sort it by date.
        The result should be the same every time you run it.
        Both ways work, but the first is easier to read.
        Nothing else has to change for that.
        Check the limits before you send a long document.
        When in doubt, ask for a smaller answer.
        The table below would show one row for each person.
        This keeps the costs low without losing detail.
        An error here is better than a silent mistake later.
        You can stop as soon as the first match is found.
        Keep the old name for a while so that nobody is surprised.
        That is why the total is counted only once.
        Two of the three cases are already covered.
        The last part is a matter of taste.
        """.split(separator: "\n").map { $0.split(separator: " ") }
}
