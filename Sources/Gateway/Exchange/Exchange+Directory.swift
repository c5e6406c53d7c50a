import Logging
import Metering
import Purser

/// When the directory changes while a call is under way.
extension Exchange {
    /// Ends the answer of a caller whose key or membership is gone. What was asked upstream is
    /// read to its end without them, because only its end says what it cost.
    func directoryChanged() {
        // An answer that has come whole is being booked, and goes out. Before its head, there may
        // be no connection yet: who has gone by the time there is one is not sent upstream.
        guard client != nil, upstream != nil || relay.head == nil, let admitted,
            let refusal = core.roster.refusal(of: admitted.caller, at: core.now())
        else { return }
        core.logger.notice(
            "call ended: its key is not valid any more",
            metadata: ["request": "\(inbound.id)", "reason": "\(refusal.code)"])
        cutOff(refusal)
        clientLeft()
    }
}

extension Roster {
    /// Why somebody who has called may not call now; `nil` if they may.
    ///
    /// A new secret of the same key is no reason: the call was let in by the one before it.
    func refusal(of caller: Caller, at now: Timestamp) -> Refusal? {
        guard let key = key(caller.key.id) else { return .keyRevoked }
        if let refusal = key.refusal(at: now) { return refusal }
        for id in [caller.member.id, key.member] {
            guard let member = member(id) else { return .keyRevoked }
            if member.removedAt != nil { return .memberRemoved(member.name) }
        }
        return nil
    }
}
