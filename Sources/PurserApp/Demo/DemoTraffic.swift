import OpenRouter
import OpenRouterWire
import Purser

/// One call of the demo, over real HTTP, and the line that says how it went.
struct DemoTraffic: Sendable {
    let client: OpenRouterClient

    /// Sends a call with its member's key; returns the line to print.
    func send(
        _ call: DemoScript.Call
    ) async throws(OpenRouterClient.Failure) -> String {
        let answer = try await client.send(
            "POST", "/chat/completions", body: call.body.text,
            headers: [
                ("http-referer", "https://demo.example"), ("x-title", "demo:\(call.member)"),
            ])
        return line(call, answer)
    }

    private func line(_ call: DemoScript.Call, _ answer: OpenRouterClient.Answer) -> String {
        let who = padded(call.member, 14)
        guard answer.status == 200 else {
            let error = answer.json?["error"]
            let reason = error?["metadata"]?["reason"]?.string ?? "refused"
            return "  x \(who) \(padded(call.model, 38)) \(answer.status) \(reason)"
        }
        let usage = usage(of: answer)
        let cost = usage?.cost.map(\.dollars) ?? "?"
        // A stream's head goes out before its cost is known, so only plain answers can say.
        let left = answer.header("x-purser-budget-remaining").flatMap { USD($0) }
        let model = answer.header("x-purser-model") ?? call.model
        let isChanged = answer.header("x-purser-downgraded-from") != nil
        let name = isChanged ? "\(model) (not \(call.model))" : model
        let how = call.isStreamed ? "stream" : "plain "
        return "  \(isChanged ? ">" : "+") \(who) \(padded(name, 38)) \(how) "
            + "\(padded("\(usage?.tokens.completion ?? 0) tokens", 11)) \(padded(cost, 12))"
            + (call.isStreamed ? "" : left.map { " left \($0.dollars)" } ?? "")
    }

    /// The usage of a plain answer, or the one a stream reports near its end.
    private func usage(of answer: OpenRouterClient.Answer) -> Usage? {
        if let whole = ChatAnswer.read(answer.body.span), let usage = whole.usage { return usage }
        var rest = answer.body[...]
        var scanned = 0
        while let end = EventStream.endOfEvent(Array(rest).span, scanned: &scanned) {
            let event = StreamEvent.read(Array(rest.prefix(end)).span, in: 0..<end)
            if case .report(let answer) = event, let usage = answer.usage { return usage }
            rest = rest.dropFirst(end)
        }
        return nil
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
