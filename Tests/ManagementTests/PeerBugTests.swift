import Management
import OpenRouterWire
import Purser
import Testing

/// What other tools got wrong when they read a key's numbers; each comment begins with the thread
/// of the other project in which somebody described it.
struct PeerBugTests {
    /// A key with a monthly limit of five dollars that has spent 700 in all, and nothing yet this
    /// month.
    private func desk() throws -> (desk: TestDesk, hash: String) {
        let desk = TestDesk()
        let made = try desk.create(#"{"name":"alice","limit":5,"limit_reset":"monthly"}"#)
        desk.spend(.dollars(700), .key(try desk.roster().keys[0].id), [.total])
        return (desk, made.hash)
    }

    /// openusage 1109: lifetime usage was compared with the limit of a window, so that after the
    /// first reset a key looked exhausted for good.
    @Test func `what is left of a limit is counted in the limit's own window`() throws {
        let (desk, hash) = try desk()
        let data = try #require(desk.send("GET", "/keys/\(hash)")["data"])
        #expect(data["usage"] == 700 && data["usage_monthly"] == 0)
        #expect(data["limit"] == 5 && data["limit_remaining"] == 5)
        // Once the limit has no window any more, it is the lifetime that counts.
        let endless = desk.send("PATCH", "/keys/\(hash)", #"{"limit_reset":null}"#)
        #expect(endless["data"]?["limit_remaining"] == .number("-695"))
    }

    /// Aico 366: a period's counter was left out of an answer, whoever read it took the lifetime's
    /// and raised the limit by it.
    @Test func `every counter of a key is there, also where it is nought`() throws {
        let (desk, hash) = try desk()
        let one = try #require(desk.send("GET", "/keys/\(hash)")["data"])
        let listed = try #require(desk.send("GET", "/keys")["data"]?.array?.first)
        let changed = try #require(desk.send("PATCH", "/keys/\(hash)", "{}")["data"])
        for data in [one, listed, changed] {
            #expect(data["usage"] == 700)
            for window in ["usage_daily", "usage_weekly", "usage_monthly"] {
                #expect(data[window] == 0, "\(window)")
            }
        }
    }
}
