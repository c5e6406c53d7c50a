import Purser
import Storage

/// The tiers that a new team begins with; `examples/tiers.yaml` says the same.
enum TierExamples {
    /// Adds those that are not there, and says which.
    static func add(to books: Books) throws -> [String] {
        let file = try TeamFile(yaml: text)
        let plan = try TeamPlan(file, on: books.directory.roster(), zone: Zone.named)
        try books.directory.apply(plan.changes, under: plan.revision, at: books.now)
        return plan.tiers.map(\.name)
    }

    static let text = """
        # Four tiers to begin with. `purser init` makes them in a new team, and they are yours:
        #
        #     purser tier examples > team.yaml
        #     purser plan team.yaml        # what would change
        #     purser apply team.yaml       # all of it, or nothing
        #
        # Every setting is described in docs/reference/team-file.md.

        tiers:
          # To try things out: whatever costs nothing, and a little of it.
          free:
            max_prompt_price: 0
            max_completion_price: 0
            max_tokens: 1000
            extras: []
            requests_per_minute: 10
            parallel: 1

          # Everyday work on small models. Who asks for another one gets the last of the list.
          basic:
            models:
              - google/gemini-3.1-flash-lite-preview
              - deepseek/deepseek-v4-flash
              - openai/gpt-5-mini
              - openai/gpt-4o-mini
            otherwise: downgrade
            aliases:
              fast: openai/gpt-4o-mini
            max_tokens: 4000
            max_effort: low
            max_request_usd: 0.05
            clamp: true
            requests_per_minute: 30
            parallel: 4

          # The large models of three makers, but not the dearest of them. Prices are dollars for a
          # million tokens.
          pro:
            models:
              - openai/*
              - anthropic/*
              - google/*
            aliases:
              fast: openai/gpt-4o-mini
              smart: anthropic/claude-sonnet-4.6
            max_prompt_price: 5
            max_completion_price: 25
            max_request_usd: 1
            clamp: true
            ceilings:
              web-search: 0.05
            requests_per_minute: 120
            parallel: 16

          # Every model, by providers that keep nothing of what they are sent.
          enterprise:
            aliases:
              fast: openai/gpt-4o-mini
              smart: anthropic/claude-opus-4.8
            zdr: true
            max_request_usd: 10
            clamp: true

        """
}
