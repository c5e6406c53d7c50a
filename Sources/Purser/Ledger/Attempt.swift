/// One call that is about to be forwarded: on disk before the upstream sees a byte of it.
package struct Attempt: Hashable, Sendable {
    package var id: ID<Attempt>
    /// What the answer's header and the log call it.
    package var requestID: String
    package var at: Timestamp
    package var key: ID<Key>
    package var member: ID<Member>
    /// `nil` for a member of no team.
    package var team: ID<Team>?
    /// The path it came to, behind the version: `/chat/completions`.
    package var endpoint: String
    /// What the client asked for.
    package var requestedModel: String
    /// What the upstream is asked for.
    package var model: String
    /// The application's name from the title; empty if none was sent.
    package var app: String
    package var isStreamed: Bool
    /// What is held: the most the call can cost.
    package var bound: USD
    /// The day, in the organisation's zone, that the call counts in.
    package var day: CivilDate
    /// The client's own spelling of the model, where an alias stood for it; `nil` otherwise.
    package var alias: String?
    /// The rules that would have refused or changed the call, had they not been in shadow.
    package var shadowed: [Rule]

    package init(
        id: ID<Attempt>, requestID: String, at: Timestamp, key: ID<Key>, member: ID<Member>,
        team: ID<Team>?, endpoint: String = "/chat/completions", requestedModel: String,
        model: String, app: String, isStreamed: Bool, bound: USD, day: CivilDate,
        alias: String? = nil, shadowed: [Rule] = []
    ) {
        self.id = id
        self.requestID = requestID
        self.at = at
        self.key = key
        self.member = member
        self.team = team
        self.endpoint = endpoint
        self.requestedModel = requestedModel
        self.model = model
        self.app = app
        self.isStreamed = isStreamed
        self.bound = bound
        self.day = day
        self.alias = alias
        self.shadowed = shadowed
    }

    /// Everything its cost counts in.
    package var scopes: [Scope] {
        [.organisation] + (team.map { [.team($0)] } ?? []) + [.member(member), .key(key)]
    }

    package var windows: Windows { Windows(holding: day) }

    package var isDowngraded: Bool { requestedModel != model }
}

/// An attempt without an outcome: in flight, or left open by a crash.
package struct OpenAttempt: Hashable, Sendable {
    package var attempt: Attempt
    /// What the upstream calls it; `nil` while it has not said so.
    package var generationID: String?

    package init(_ attempt: Attempt, generationID: String? = nil) {
        self.attempt = attempt
        self.generationID = generationID
    }
}
