package import Purser

/// What the gateway answers without asking the upstream; the assembly supplies it.
///
/// Every method may block and is called on a thread of its own, never on an event loop.
package protocol ControlDesk: Sendable {
    /// The key management API. The caller has been found to hold a management key.
    func manage(_ call: ManagementCall) -> PlainReply

    /// What a member may see of themselves.
    func view(_ kind: CallerView, for caller: Caller) -> PlainReply

    /// The same for a management key; `nil` for what it does not have.
    func managementView(_ kind: CallerView) -> PlainReply?

    /// Adds a member whom a shared key introduced; `nil` when they may call now.
    func enrol(_ name: String, through key: Key) -> Refusal?

    /// Loads the directory and gives it to the gateway.
    func reload()
}

/// A request of the management API, its path behind the version.
package struct ManagementCall: Sendable {
    package var method: String
    /// `/keys/0123…`
    package var path: String
    /// Behind the question mark; empty if there is none.
    package var query: String
    package var body: [UInt8]
    /// What the answer's header calls the request.
    package var requestID: String
}

package enum CallerView: Sendable { case key, me, credits }

/// A whole answer in JSON.
package struct PlainReply: Hashable, Sendable {
    package var status: Int
    package var body: String

    package init(status: Int, body: String) {
        self.status = status
        self.body = body
    }
}
