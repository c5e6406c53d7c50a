import Purser

/// A team as it is written in a file: some of its tiers, teams and members.
///
/// What the file does not name is left alone. A tier that it names is the whole tier; of a team
/// and a member it changes the fields that it gives.
struct TeamFile: Sendable {
    struct TierEntry: Sendable {
        var form: TierForm
        var line: Int
        /// Where each setting stands, by its name.
        var settingLines: [String: Int]
    }

    struct TeamEntry: Sendable {
        var name: String
        var line: Int
        var tier: Field
    }

    struct MemberEntry: Sendable {
        var name: String
        var line: Int
        var team: Field
        var tier: Field
    }

    /// A name of something else.
    enum Field: Hashable, Sendable {
        case absent
        /// `nil` takes away what was there.
        case given(String?, line: Int)
    }

    /// Why a text is no file of a team.
    struct Fault: Error, Hashable, Sendable {
        /// Counted from 1.
        var line: Int
        /// Lower case, no full stop.
        var message: String

        init(_ message: String, line: Int) {
            self.line = line
            self.message = message
        }
    }

    var tiers: [TierEntry] = []
    var teams: [TeamEntry] = []
    var members: [MemberEntry] = []
}
