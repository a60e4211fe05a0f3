import LinearProgramming
import Testing

@Suite("Linear programs")
struct LinearProgramTests {
    /// Two products (a textbook program): maximise 3x + 5y with x ≤ 4, 2y ≤ 12, 3x + 2y ≤ 18; the optimum is 36 at (2, 6).
    static func textbook() -> (program: LinearProgram, rows: [Int32]) {
        var program = LinearProgram()
        let x = program.addColumn(0...(.infinity), cost: -3), y = program.addColumn(0...(.infinity), cost: -5)
        let rows = [4.0, 12, 18].map { program.addRow(-.infinity...$0) }
        program.add(1, row: rows[0], column: x)
        program.add(2, row: rows[1], column: y)
        program.add(3, row: rows[2], column: x)
        // Added in two parts: coefficients of one place add up.
        program.add(0.5, row: rows[2], column: y)
        program.add(1.5, row: rows[2], column: y)
        return (program, rows)
    }

    @Test("the optimum comes with its point, shadow prices and a basis") func optimum() throws {
        let (program, rows) = Self.textbook()
        let solution = try program.solve()
        #expect(solution.status == .optimal && abs(solution.objective + 36) < 1e-9 && solution.gap == 0)
        #expect(abs(solution.columns[0] - 2) < 1e-9 && abs(solution.columns[1] - 6) < 1e-9)
        // A unit more of the second resource is worth 1.5, of the third 1, of the first nothing.
        let prices = rows.map { -solution.rowDuals[Int($0)] }
        #expect(zip(prices, [0, 1.5, 1]).allSatisfy { abs($0 - $1) < 1e-9 }, "\(prices)")
        #expect(solution.basis?.columns == [.basic, .basic])
    }

    @Test("from its own basis a program is solved again without an iteration, changed a little in few") func warmStart() throws {
        var program = Staircase(stages: 400).program
        let cold = try program.solve()
        let again = try program.solve(from: cold.basis)
        #expect(again.iterations == 0 && abs(again.objective - cold.objective) < 1e-9 * abs(cold.objective))
        program.setBounds(0...1.5, column: 3)
        let changed = try program.solve(from: cold.basis), fresh = try program.solve()
        #expect(abs(changed.objective - fresh.objective) < 1e-7 * abs(fresh.objective))
        #expect(changed.iterations < cold.iterations / 4, "\(changed.iterations) of \(cold.iterations)")
        // A basis of another size counts nothing.
        let other = try Self.textbook().program.solve(from: cold.basis)
        #expect(abs(other.objective + 36) < 1e-9)
    }

    @Test("what a program has behind another's columns and rows is taken off its solution again") func restricted() throws {
        let (program, _) = Self.textbook()
        var longer = program
        let fixed = longer.addColumn(3...3, cost: 7), row = longer.addRow(-.infinity...4)
        longer.add(1, row: row, column: fixed)
        let whole = try longer.solve()
        #expect(abs(whole.objective + 15) < 1e-9)
        let part = whole.restricted(to: program), alone = try program.solve()
        #expect(abs(part.objective + 36) < 1e-9 && abs(part.bound + 36) < 1e-9 && part.gap < 1e-12)
        #expect(zip(part.columns, alone.columns).allSatisfy { abs($0 - $1) < 1e-9 } && part.columns.count == 2 && part.rowDuals.count == 3)
        #expect(part.basis?.columns == alone.basis?.columns && part.basis?.rows == alone.basis?.rows)
        #expect(whole.restricted(to: longer).objective == whole.objective)
    }

    @Test("a search by the processor's time is over when the processor has worked so long") func processorTime() throws {
        let late = try Staircase(stages: 3_000).program.solve(limits: SolveLimits(seconds: 0, clock: .processor))
        #expect(late.status == .nothingFound || late.status == .optimal)
        let integers = try Staircase(stages: 60, integerStages: 6).program.solve(limits: SolveLimits(seconds: 20, gap: 1e-6, clock: .processor))
        #expect(integers.status == .optimal && integers.gap <= 1e-6)
    }

    @Test("infeasible and unbounded are answers") func noOptimum() throws {
        var program = Self.textbook().program
        let row = program.addRow(10...(.infinity))
        program.add(1, row: row, column: 0)
        let infeasible = try program.solve()
        #expect(infeasible.status == .infeasible && !infeasible.hasPoint && infeasible.gap == .infinity)
        var open = LinearProgram()
        open.addColumn(0...(.infinity), cost: -1)
        #expect(try open.solve().status == .unbounded)
    }

    @Test("numbers that are none are refused with the place") func defects() throws {
        var program = Self.textbook().program
        program.add(.nan, row: 1, column: 0)
        #expect(throws: LinearProgramError.self) { try program.solve() }
        var outside = Self.textbook().program
        outside.add(1, row: 7, column: 0)
        let error = #expect(throws: LinearProgramError.self) { try outside.solve() }
        #expect(error?.description.contains("row 7, column 0 of 3 rows and 2 columns") == true)
    }

    @Test("integer columns are whole, and the shadow prices are those with them held") func integers() throws {
        // A knapsack: values 10, 13, 7, 8 with weights 3, 4, 2, 3 into 7: the best is 10 + 13 = 23.
        var program = LinearProgram()
        let row = program.addRow(-.infinity...7)
        for (value, weight) in [(10.0, 3.0), (13, 4), (7, 2), (8, 3)] {
            program.add(weight, row: row, column: program.addColumn(0...1, cost: -value, isInteger: true))
        }
        let rest = program.addColumn(0...0.5, cost: -1)
        program.add(0, row: row, column: rest)
        let solution = try program.solve(limits: SolveLimits(seconds: 10, gap: 0))
        #expect(solution.status == .optimal && abs(solution.objective + 23.5) < 1e-6 && solution.gap < 1e-6)
        #expect(solution.columns.prefix(4).allSatisfy { $0 == $0.rounded() } && solution.columns[0] == 1 && solution.columns[1] == 1)
        #expect(abs(solution.reducedCosts[Int(rest)] + 1) < 1e-9)
    }

    @Test("an integer program without a point says so") func integerInfeasible() throws {
        var program = LinearProgram()
        let x = program.addColumn(0...10, cost: 1, isInteger: true)
        let row = program.addRow(0.3...0.7)
        program.add(1, row: row, column: x)
        #expect(try program.solve().status == .infeasible)
    }

    @Test("time and cancellation end a search, which then says how far it came") func ends() throws {
        let program = Staircase(stages: 3_000).program
        let started = ContinuousClock.now
        let late = try program.solve(limits: SolveLimits(seconds: 0))
        #expect(late.status == .nothingFound || late.status == .optimal)
        let cancelled = Cancellation()
        cancelled.cancel()
        let none = try program.solve(cancellation: cancelled)
        #expect(none.status == .nothingFound && none.bound == -.infinity)
        #expect(started.duration(to: .now) < .seconds(20))
    }

    @Test("programs of several threads do not disturb each other") func threads() async throws {
        let expected = try Staircase(stages: 150).program.solve().objective
        try await withThrowingTaskGroup(of: Double.self) { group in
            for index in 0..<6 {
                group.addTask {
                    if index % 2 == 0 { return try Staircase(stages: 150).program.solve().objective }
                    return try Staircase(stages: 150, integerStages: 3).program.solve(limits: SolveLimits(seconds: 20, gap: 1e-6)).objective
                }
            }
            for try await objective in group { #expect(objective >= expected - 1e-6 && objective < expected + 50) }
        }
    }
}

/// A store that is bought for and sold from over many stages: a program with as long a chain of equations as one likes.
struct Staircase {
    private(set) var program = LinearProgram()

    init(stages: Int, integerStages: Int = 0) {
        var before: Int32?
        for stage in 0..<stages {
            let price = 10 + Double((stage * 7) % 13)
            let isInteger = stage < integerStages
            let bought = program.addColumn(0...3, cost: price, isInteger: isInteger), sold = program.addColumn(0...2, cost: 0.4 - price)
            let stock = program.addColumn(0...20, cost: 0.01)
            let row = program.addRow(0...0)
            program.add(1, row: row, column: stock)
            program.add(-0.95, row: row, column: bought)
            program.add(1, row: row, column: sold)
            if let before { program.add(-0.999, row: row, column: before) }
            before = stock
        }
    }
}
