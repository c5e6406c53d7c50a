package import Purser

/// What a chat completion's body says, as far as it decides what may run and what it can cost.
///
/// Made by one scan of the bytes. What is forwarded is what was judged: see ``ChatField`` for
/// what becomes of each field.
package struct ChatRequest: Sendable {
    /// The primary model; `nil` if the body names none.
    package var model: String?
    /// The fall-back list; `nil` if the body has none.
    package var models: [String]?
    package var isStreamed = false
    /// The smallest of the output limits given; `nil` if there is none.
    package var outputTokensMax: Int64?
    /// How many answers are asked for.
    package var answerCount: Int64 = 1
    /// The end user the client names; `nil` if none.
    package var user: String?
    /// Routing wishes, those that are known; `nil` if the body has none.
    package var provider: JSONObject?
    /// Output beyond the limit that can still be billed: a rejected prediction.
    package var predictionBytes: Int64 = 0
    /// Tokens of thinking that may come on top of each answer's limit; providers differ in
    /// whether they are within it.
    package var reasoningTokens: Int64 = 0
    /// Whether there are tools or a form for the answer: providers explain those to the model in
    /// words of their own, which are billed and not in the body.
    package var hasInstructions = false
    /// What it brings or buys beside text.
    package var extras = ChatExtras()
    /// Size of the body.
    package var byteCount = 0
    /// Fields that Purser does not know, in the order of the body; they are left out of what is
    /// forwarded unless ``Forwarding/passedFields`` names them.
    package var unknownFields: [String] = []

    /// What it says about thinking, place by place.
    var thinking = ChatThinking()
    /// The body's own members, in its order.
    var members: [Member] = []
    /// Just behind the opening brace, where fields are inserted.
    var insertionPoint = 0

    /// One member of the body.
    struct Member: Sendable {
        /// `nil` for one that is not known: the next of ``ChatRequest/unknownFields``.
        var field: ChatField?
        /// Where its name begins, with the quote.
        var start: Int
        var value: Range<Int>
    }

    /// The most thinking that any place asks for; `nil` where none does. A budget in tokens is no
    /// effort.
    package var effort: ReasoningEffort? { thinking.effort }

    /// The largest budget for thinking that any place gives, in tokens; `nil` where none does.
    package var thinkingTokens: Int64? { thinking.tokens }

    /// Whether some place says how much to think, or that there shall be no thinking.
    package var namesThinking: Bool { thinking.namesAmount }

    /// The models that may run, the primary first.
    package var candidates: [String] {
        let list = models ?? []
        guard let model else { return list }
        return [model] + list.filter { $0 != model }
    }

    /// Why a body cannot be judged, as a sentence for its sender.
    package struct Fault: Error, Hashable, Sendable {
        package var sentence: String

        init(_ sentence: String) {
            self.sentence = sentence
        }

        init(_ fault: JSONGrammar.Fault) {
            sentence =
                "The request body is not valid JSON: it \(fault.reason) (byte \(fault.offset))."
        }
    }

    /// More fields than any client sends; the check for doubles is quadratic in them.
    static let fieldCountMax = 200

    /// Longer than any field's name, and short enough to be named in an answer.
    static let fieldNameBytesMax = 100

    /// The most bytes of a field that is read as a whole: a hundred times what clients send.
    static let fieldBytesMax = 65_536

    /// The least budget for thinking that OpenRouter gives once there is any.
    package static let thinkingTokensMin: Int64 = 1_024

    /// The most answers one call may ask for, as OpenAI has it.
    static let answerCountMax: Int64 = 128

    /// Reads a body. Throws what is wrong with it, in words for its sender.
    package static func scan(_ bytes: Span<UInt8>) throws(Fault) -> ChatRequest {
        // Where the first bad byte stands helps nobody.
        guard UTF8Text.isValid(bytes) else {
            throw Fault("The request body is not valid UTF-8.")
        }
        do {
            return try ChatRequestScan.run(bytes)
        } catch let fault as JSONGrammar.Fault {
            throw Fault(fault)
        } catch let fault as Fault {
            throw fault
        } catch {
            throw Fault("The request body cannot be read.")
        }
    }
}
