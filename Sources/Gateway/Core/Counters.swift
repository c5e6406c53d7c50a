/// What the gateway counts; every name is in ``all``.
package struct Counters: Sendable {
    package var requests: Int64 = 0
    package var forwarded: Int64 = 0
    package var settled: Int64 = 0
    package var released: Int64 = 0
    package var kept: Int64 = 0
    package var corrected: Int64 = 0
    package var refused: Int64 = 0
    package var refusedByRate: Int64 = 0
    package var shadowed: Int64 = 0
    package var downgraded: Int64 = 0
    package var waited: Int64 = 0
    package var warned: Int64 = 0
    package var costAboveHold: Int64 = 0
    package var ledgerFailures: Int64 = 0

    /// Metric name, meaning and value, in the order they are shown.
    package var all: [(name: String, help: String, value: Int64)] {
        [
            ("purser_requests_total", "Inference requests received.", requests),
            ("purser_forwarded_total", "Attempts handed to the upstream.", forwarded),
            ("purser_settled_total", "Attempts booked at what the upstream reported.", settled),
            ("purser_released_total", "Attempts that cost nothing.", released),
            ("purser_kept_total", "Attempts whose outcome is unknown, booked at the hold.", kept),
            ("purser_corrected_total", "Kept attempts whose truth arrived.", corrected),
            ("purser_refused_total", "Requests refused.", refused),
            ("purser_rate_refusals_total", "Requests refused for a rate limit.", refusedByRate),
            (
                "purser_shadow_refusals_total",
                "Rules in shadow that would have refused a forwarded request.", shadowed
            ),
            ("purser_downgraded_total", "Requests sent to another model than asked.", downgraded),
            ("purser_waited_total", "Requests that waited for calls in flight.", waited),
            ("purser_warned_total", "Answers with a soft limit's warning.", warned),
            (
                "purser_cost_above_hold_total",
                "Alarms: a cost above its hold, a defect in the bound.", costAboveHold
            ),
            ("purser_ledger_failures_total", "Ledger writes that failed.", ledgerFailures),
        ]
    }
}
