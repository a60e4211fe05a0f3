internal import Solvers

extension CurrentIteration {
    /// How an iteration ended.
    enum Ending {
        case converged
        case notContracting
    }

    /// Takes over the injections, by node.
    func load(_ injections: Injections) {
        gather(injections.constantPower, into: powers)
        if !injections.constantCurrent.isEmpty { gather(injections.constantCurrent, into: currentPowers) }
        if !injections.constantImpedance.isEmpty { gather(injections.constantImpedance, into: impedancePowers) }
    }

    private func gather(_ powersByNode: [Complex], into target: UnsafeMutablePointer<Number>) {
        powersByNode.withUnsafeBufferPointer { source in
            nodes.withUnsafeBufferPointer { nodes in
                for position in 0..<nodes.count {
                    let power = source[Int(nodes[position])]
                    target[position] = Number(power.real, power.imaginary)
                }
            }
        }
    }

    /// Iterates until no voltage changes by more than the tolerance.
    func iterate(_ injections: Injections, options: PowerFlowOptions) -> (ending: Ending, iterations: Int, change: Double) {
        let isConstantPower = injections.constantCurrent.isEmpty && injections.constantImpedance.isEmpty
        currents.update(repeating: .zero, count: count + 1)
        pushSources()
        var (last, growing) = (Double.infinity, 0)
        for iteration in 1...max(1, options.maximumCurrentIterations) {
            if !isConstantPower { addVoltageDependentCurrents(injections) }
            let change = (isTree ? sweepTree() : sweepMesh()).squareRoot()
            pushSources()
            if change <= options.tolerance { return (.converged, iteration, change) }
            growing = change > 0.8 * last ? growing + 1 : 0
            if growing >= 3 || !change.isFinite { return (.notContracting, iteration, change) }
            last = change
        }
        return (.notContracting, options.maximumCurrentIterations, last)
    }

    private func pushSources() {
        for (position, current) in sourceCurrents { currents[Int(position)] += current }
    }

    private func addVoltageDependentCurrents(_ injections: Injections) {
        for position in 0..<count {
            let voltage = voltages[position]
            if !injections.constantImpedance.isEmpty {
                currents[position] += ComplexLDL.product(impedancePowers[position].conjugate, voltage)
            }
            if !injections.constantCurrent.isEmpty {
                let magnitude = (voltage * voltage).sum().squareRoot()
                currents[position] += ComplexLDL.product(currentPowers[position].conjugate, voltage) / magnitude
            }
        }
    }

    /// One round on a tree: currents and forward substitution from the leaves, back substitution from the root.
    ///
    /// - Returns: the square of the largest change of a voltage.
    private func sweepTree() -> Double {
        let (voltages, powers, currents, links, parents) = (voltages, powers, currents, links, parents)
        let pivots = factor.diagonal
        let count = count
        for position in 0..<count {
            let (v, s) = (voltages[position], powers[position])
            let scale = 1 / (v.x * v.x + v.y * v.y)
            let own = currents[position] + Number(s.x * v.x + s.y * v.y, s.x * v.y - s.y * v.x) * scale
            currents[position] = own
            let (link, parent) = (links[position], Int(parents[position]))
            currents[parent] -= Number(link.x * own.x - link.y * own.y, link.x * own.y + link.y * own.x)
        }
        var largest = 0.0
        var position = count - 1
        while position >= 0 {
            let (own, pivot) = (currents[position], pivots[position])
            let (link, above) = (links[position], voltages[Int(parents[position])])
            let x = pivot.x * own.x - pivot.y * own.y - (link.x * above.x - link.y * above.y)
            let y = pivot.x * own.y + pivot.y * own.x - (link.x * above.y + link.y * above.x)
            let new = Number(x, y)
            let difference = new - voltages[position]
            let change = difference.x * difference.x + difference.y * difference.y
            largest = change > largest || change.isNaN ? change : largest
            voltages[position] = new
            currents[position] = .zero
            position -= 1
        }
        currents[count] = .zero
        return largest
    }

    /// The same through the factor of a grid with loops.
    private func sweepMesh() -> Double {
        let (voltages, powers, currents) = (voltages, powers, currents)
        for position in 0..<count {
            let (v, s) = (voltages[position], powers[position])
            let scale = 1 / (v.x * v.x + v.y * v.y)
            currents[position] += Number(s.x * v.x + s.y * v.y, s.x * v.y - s.y * v.x) * scale
        }
        factor.solve(currents)
        var largest = 0.0
        for position in 0..<count {
            let difference = currents[position] - voltages[position]
            let change = difference.x * difference.x + difference.y * difference.y
            largest = change > largest || change.isNaN ? change : largest
            voltages[position] = currents[position]
            currents[position] = .zero
        }
        return largest
    }
}
