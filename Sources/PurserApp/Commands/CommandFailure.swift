/// Why a command did not do what it was asked, for the person at the terminal.
struct CommandFailure: Error, Hashable, Sendable {
    /// The process's exit code.
    enum Code: Int32, Sendable {
        case failed = 1
        case usage = 2
        /// Policy or a budget said no.
        case refused = 3
    }

    var code: Code
    /// Lower case, no full stop.
    var message: String
    /// What to do; `nil` if the message says it.
    var hint: String?

    init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }
}

extension CommandFailure {
    /// Something that was named and is not there.
    enum Absence {
        case noMember(String)
        case noTier(String)
        case noTeam(String)
    }

    init(_ absence: Absence) {
        switch absence {
        case .noMember(let name):
            self.init(
                .failed, "there is no member named \"\(name)\"",
                hint: "see who is there with: purser member list")
        case .noTier(let name):
            self.init(
                .failed, "there is no tier named \"\(name)\"",
                hint: "see which there are with: purser tier list")
        case .noTeam(let name):
            self.init(
                .failed, "there is no team named \"\(name)\"",
                hint: "see which there are with: purser team list")
        }
    }
}
