import Simulator
import Testing

/// The simulation itself, and a few fixed seeds; `make simulate` runs as many as one likes.
struct SimulationTests {
    private static func run(_ seed: UInt64, steps: Int = 2_000) -> Simulation {
        var simulation = Simulation(seed: seed)
        simulation.isDigesting = true
        simulation.run(steps: steps)
        return simulation
    }

    @Test(arguments: 1...12)
    func `the money adds up whatever happens`(seed: UInt64) {
        let simulation = Self.run(seed)
        #expect(simulation.violations.isEmpty)
        #expect(simulation.tally.steps >= 2_000)
    }

    @Test(arguments: [3, 19, 1_237])
    func `a seed tells the same story every time`(seed: UInt64) {
        let (first, second) = (Self.run(seed), Self.run(seed))
        #expect(first.digest == second.digest && first.tally == second.tally)
        #expect(first.digest != Self.run(seed + 1).digest)
    }

    @Test func `runs in which too little happened prove nothing`() {
        var tally = Simulation.Tally()
        tally.steps = Simulation.Tally.stepsMin - 1
        #expect(tally.shortcomings.isEmpty)
        tally.steps += 1
        for happening in Happening.allCases { tally.happenings[happening] = 5_000 }
        for point in CrashPoint.allCases { tally.crashes[point] = 20 }
        #expect(tally.shortcomings.isEmpty)
        tally.crashes[.whileFailing] = 19
        tally.happenings[.raiseEnded] = 19
        tally.happenings[.call] = 15_000
        #expect(
            tally.shortcomings == [
                "only 19 crashes while the disk fails", "raises ended: only 19",
                "only 5000 of 15000 calls were forwarded",
            ])
        tally.steps *= 2
        #expect(tally.shortcomings.count > 10)
    }
}
