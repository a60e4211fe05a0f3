internal import Solvers

/// Newton–Raphson on the balance of currents in rectangular voltages: two real unknowns for each conductor, Jacobian by KLU.
final class UnbalancedNewton {
    private let factor: KLUFactor
    private var values: [Double]
    private var step: [Double]

    /// The Jacobian has a 2×2 block for each entry of the admittance matrix; of a column of n entries both real columns have 2n.
    init(_ admittance: ConductorAdmittance) throws(PowerFlowError) {
        var starts: [Int32] = [0]
        var rows: [Int32] = []
        for column in admittance.conductors.indices {
            let entries = admittance.rows[Int(admittance.columnStarts[column])..<Int(admittance.columnStarts[column + 1])]
            for _ in 0..<2 {
                for row in entries { rows += [2 * row, 2 * row + 1] }
                starts.append(Int32(rows.count))
            }
        }
        do throws(SolverError) { factor = try KLUFactor(order: 2 * admittance.conductors.count, columnStarts: starts, rows: rows) } catch {
            throw .invalidGrid("\(error)")
        }
        values = [Double](repeating: 0, count: rows.count)
        step = [Double](repeating: 0, count: 2 * admittance.conductors.count)
    }

    /// Iterates with steps halved while the imbalance does not shrink.
    func solve(
        _ powerFlow: UnbalancedPowerFlow, _ injections: Injections, sourceCurrents: [Complex], state: inout PowerFlowState
    ) -> (converged: Bool, iterations: Int, change: Double) {
        var (iterations, change) = (0, Double.infinity)
        var balance = Self.imbalance(powerFlow, injections, sourceCurrents: sourceCurrents, state: state)
        while iterations < powerFlow.options.maximumNewtonIterations {
            iterations += 1
            fill(powerFlow, injections, state: state)
            for (row, current) in balance.enumerated() { (step[2 * row], step[2 * row + 1]) = (current.real, current.imaginary) }
            let solved = (try? factor.refactor(values)) != nil
                && step.withUnsafeMutableBufferPointer({ x in (try? factor.solve(x.baseAddress!)) != nil })
            change = step.reduce(0) { max($0, abs($1)) }
            guard solved, change.isFinite else { return (false, iterations, change) }
            var length = min(1, 0.5 / change)
            let size = Self.norm(balance)
            for attempt in 0..<8 {
                var trial = state
                for (row, conductor) in powerFlow.admittance.conductors.enumerated() {
                    trial.voltages[Int(conductor)] += length * Complex(step[2 * row], step[2 * row + 1])
                }
                let reached = Self.imbalance(powerFlow, injections, sourceCurrents: sourceCurrents, state: trial)
                if Self.norm(reached) <= (1 - length / 4) * size || change <= 1e-6 || attempt == 7 {
                    (state, balance) = (trial, reached)
                    break
                }
                length /= 2
            }
            if length == 1, change <= powerFlow.options.tolerance { return (true, iterations, change) }
        }
        return (false, iterations, change)
    }

    private static func norm(_ balance: [Complex]) -> Double { balance.reduce(0) { $0 + $1.squaredMagnitude }.squareRoot() }

    /// For each row the current injected less the current that the grid takes.
    static func imbalance(
        _ powerFlow: UnbalancedPowerFlow, _ injections: Injections, sourceCurrents: [Complex], state: PowerFlowState
    ) -> [Complex] {
        let admittance = powerFlow.admittance
        var balance = sourceCurrents
        for (column, conductor) in admittance.conductors.enumerated() {
            let voltage = state.voltages[Int(conductor)]
            for index in Int(admittance.columnStarts[column])..<Int(admittance.columnStarts[column + 1]) {
                balance[Int(admittance.rows[index])] -= Complex(admittance.values[2 * index], admittance.values[2 * index + 1]) * voltage
            }
        }
        for (index, connection) in powerFlow.connections.enumerated() {
            let current = InjectedCurrent(injections, index, connection: connection, voltage: powerFlow.voltage(of: connection, state)).current
            for (conductor, sign) in connection.ends where admittance.numbers[Int(conductor)] >= 0 {
                balance[Int(admittance.numbers[Int(conductor)])] += sign * current
            }
        }
        return balance
    }

    private func fill(_ powerFlow: UnbalancedPowerFlow, _ injections: Injections, state: PowerFlowState) {
        let admittance = powerFlow.admittance
        for index in values.indices { values[index] = 0 }
        for column in admittance.conductors.indices {
            for index in Int(admittance.columnStarts[column])..<Int(admittance.columnStarts[column + 1]) {
                let entry = Complex(admittance.values[2 * index], admittance.values[2 * index + 1])
                add(linear: entry, conjugate: .zero, index: index, column: column, admittance)
            }
        }
        for (number, connection) in powerFlow.connections.enumerated() {
            let current = InjectedCurrent(injections, number, connection: connection, voltage: powerFlow.voltage(of: connection, state))
            for (a, rowSign) in connection.ends where admittance.numbers[Int(a)] >= 0 {
                for (b, columnSign) in connection.ends where admittance.numbers[Int(b)] >= 0 {
                    let column = Int(admittance.numbers[Int(b)])
                    let sign = -rowSign * columnSign
                    add(
                        linear: sign * current.linear, conjugate: sign * current.conjugate,
                        index: admittance.index(Int(admittance.numbers[Int(a)]), column), column: column, admittance)
                }
            }
        }
    }

    /// Adds the real 2×2 block of `linear · dV + conjugate · dV*`.
    private func add(linear: Complex, conjugate: Complex, index: Int, column: Int, _ admittance: ConductorAdmittance) {
        let begin = Int(admittance.columnStarts[column])
        let entries = Int(admittance.columnStarts[column + 1]) - begin
        let first = 4 * begin + 2 * (index - begin)
        let second = first + 2 * entries
        values[first] += linear.real + conjugate.real
        values[first + 1] += linear.imaginary + conjugate.imaginary
        values[second] += -linear.imaginary + conjugate.imaginary
        values[second + 1] += linear.real - conjugate.real
    }
}

extension LoadConnection {
    /// The conductors, with the sign with which the injected current enters.
    var ends: [(Int32, Double)] { other.map { [(conductor, 1), ($0, -1)] } ?? [(conductor, 1)] }
}
