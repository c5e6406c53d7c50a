import Gateway
import Logging
import Management
import OpenRouterWire
import Purser
import SQLiteStorage
import Storage

/// Answers for the gateway what needs the directory: joins its port to the management API.
struct Desk: ControlDesk {
    let books: ServingBooks
    let core: GatewayCore
    let logger: Logger

    /// More names than this a shared key does not introduce by itself: a team has fewer people,
    /// and whoever makes names up must not fill the directory.
    private static let newcomersMax = 1_000

    private var api: ManagementAPI {
        let core = core
        return ManagementAPI(
            directory: books.store,
            spent: { scope, period in Desk.balance(core, scope, period).spent },
            now: { core.now() }, mint: ThisMachine.mint)
    }

    private static func balance(
        _ core: GatewayCore, _ scope: Scope, _ period: Period
    ) -> Book.Slot {
        let today = core.roster.zone.day(at: core.now())
        return core.readBook { book in
            book.balance(scope, period, at: Windows(holding: book.day(notBefore: today)))
        }
    }

    func manage(_ call: ManagementCall) -> PlainReply {
        let response = api.respond(
            to: ManagementRequest(
                method: call.method, path: call.path, query: call.query, body: call.body,
                requestID: call.requestID))
        if call.method != "GET" { reload() }
        return PlainReply(status: response.status, body: response.body)
    }

    func view(_ kind: Gateway.CallerView, for caller: Caller) -> PlainReply {
        let core = core
        let view = Management.CallerView(caller, in: core.roster, at: core.now()) {
            Desk.balance(core, $0, $1)
        }
        switch kind {
        case .key: return PlainReply(status: 200, body: view.currentKey.text)
        case .me: return PlainReply(status: 200, body: view.me.text)
        case .credits: return PlainReply(status: 200, body: view.credits.text)
        }
    }

    func managementView(_ kind: Gateway.CallerView) -> PlainReply? {
        switch kind {
        case .key: return PlainReply(status: 200, body: CurrentKey.management().text)
        case .credits:
            let roster = core.roster
            let limit = roster.budgets(of: .organisation).first { $0.period == .total }?
                .limit(on: roster.zone.day(at: core.now()))
            let credits = OrganisationCredits(
                limit: limit, spent: Desk.balance(core, .organisation, .total).spent)
            return PlainReply(status: 200, body: credits.json.text)
        case .me: return nil
        }
    }

    func enrol(_ name: String, through key: Key) -> Refusal? {
        let roster = core.roster
        guard roster.members.count < Desk.newcomersMax else { return .tooManyMembers }
        let holder = roster.member(key.member)
        do throws(StorageFailure) {
            _ = try books.store.addMember(
                name, team: holder?.team.flatMap { roster.team($0)?.name }, tier: nil,
                at: core.now())
        } catch {
            // Somebody else introduced them a moment ago: just as well.
            guard error.code == .alreadyExists else { return .ledgerUnavailable }
        }
        reload()
        return nil
    }

    func reload() {
        books.reload(logger: logger)
    }
}
