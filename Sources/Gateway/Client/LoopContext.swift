import NIOCore
import NIOHTTP1
import Purser

/// What belongs to one event loop: its connections on both sides, and one coarse timer for all
/// their deadlines.
final class LoopContext {
    let eventLoop: any EventLoop
    let core: GatewayCore
    let pool: UpstreamPool
    let router: Router
    var clients: [ObjectIdentifier: ClientHandler] = [:]
    var exchanges: [ObjectIdentifier: Exchange] = [:]
    private var sweeper: RepeatedTask?

    /// How exact deadlines are: they are all tens of seconds.
    private static let sweepInterval = TimeAmount.seconds(1)

    init(eventLoop: any EventLoop, core: GatewayCore, pool: UpstreamPool, router: Router) {
        self.eventLoop = eventLoop
        self.core = core
        self.pool = pool
        self.router = router
    }

    func start() {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        sweeper = eventLoop.scheduleRepeatedTask(
            initialDelay: LoopContext.sweepInterval, delay: LoopContext.sweepInterval
        ) { _ in bound.value.sweep() }
        let eventLoop = eventLoop
        core.followDirectory { eventLoop.execute { bound.value.directoryChanged() } }
    }

    func stop() {
        sweeper?.cancel()
        pool.closeIdle()
        for client in clients.values { client.context?.close(promise: nil) }
    }

    /// Whether a call is under way or an answer not yet on its way.
    var isBusy: Bool {
        !exchanges.isEmpty || clients.values.contains { $0.isBusy }
    }

    private func directoryChanged() {
        for exchange in exchanges.values { exchange.directoryChanged() }
    }

    private func sweep() {
        let now = core.uptime()
        for client in clients.values { client.sweep(now: now) }
        for exchange in exchanges.values { exchange.sweep(now: now) }
        pool.sweep(now: now)
    }
}
