import Gateway
import Logging
import OpenRouter
import OpenRouterWire
import Purser

/// Asks the upstream what became of kept attempts, and corrects the books.
struct LateTruth: Sendable {
    /// An attempt whose outcome is not known, with the entry that says so.
    struct Question: Sendable {
        var attempt: Attempt
        var entry: Entry
    }

    let client: OpenRouterClient
    let core: GatewayCore
    let logger: Logger

    /// The upstream's records lag behind its answers by seconds, sometimes more. What an hour
    /// does not bring is left to reconciliation.
    static let pauses: [Duration] = [
        .seconds(1), .seconds(5), .seconds(30), .seconds(300), .seconds(3_600),
    ]

    /// Works until cancelled; each question has its own pauses.
    func run(_ questions: AsyncStream<Question>) async {
        await withDiscardingTaskGroup { group in
            for await question in questions {
                group.addTask { await settle(question) }
            }
            group.cancelAll()
        }
    }

    private func settle(_ question: Question) async {
        guard let id = question.entry.generationID else { return }
        for pause in LateTruth.pauses {
            do {
                try await Task.sleep(for: pause)
            } catch {
                // The gateway stops; the question is asked again after the next start.
                return
            }
            do throws(OpenRouterClient.Failure) {
                guard let found = try await client.generation(id) else { continue }
                core.correct(question.attempt, kept: question.entry, truth: found) { _ in }
                return
            } catch {
                logger.warning("generation not found", metadata: ["reason": "\(error)"])
            }
        }
    }
}
