import Grid

extension WhatIf {
    /// Loads take the share of the estimated injection of each of their conductors that they have in the model; in delta, and where the model
    /// has no power to share by, of the whole node's.
    func scalePhases(_ grid: inout FollowedGrid, _ assembly: UnbalancedAssembly, _ state: GridState?) {
        var estimated: [Int: (power: Complex, perUnit: Double)] = [:]
        for (drawn, node) in zip(grid.drawn.nodes, state?.nodes ?? []) {
            for (conductor, phase) in assembly.conductors(atNode: drawn.node) {
                guard let known = node.phases.first(where: { $0.name == phase.name }), known.power.isFinite else { continue }
                estimated[conductor] = (known.power, known.perUnit)
            }
        }
        let terms = InjectionTerms.all(grid, assembly)
        for (position, load) in grid.network.loads.enumerated() {
            let conductors = assembly.conductors(atNode: load.terminal.connectedNode ?? -1).filter { terms[$0.conductor].loads.contains(position) }
            guard !conductors.isEmpty else { continue }
            let isDelta = load.isDelta || (load.phases.isEmpty && !load.isGrounded)
            let parts = conductors.map { part(of: position, terms[$0.conductor], grid.network, estimated[$0.conductor]) }
            if isDelta || parts.contains(where: { $0 == nil }) {
                let whole = load.power ?? .zero
                let drawn = parts.reduce(Complex.zero) { $0 + ($1 ?? .zero) }
                grid.setLoad(position, power: scale * (parts.contains { $0 == nil } ? whole : drawn))
            } else {
                grid.setLoad(
                    position,
                    phases: zip(conductors, parts).map { PhasePower(phase: $0.phase, power: scale * ($1 ?? .zero)) })
            }
        }
    }

    /// What a load draws at nominal voltage at one of its conductors so that it draws there what is estimated; nil where nothing is.
    private func part(
        of position: Int, _ here: InjectionTerms, _ network: Network, _ estimated: (power: Complex, perUnit: Double)?
    ) -> Complex? {
        guard let estimated, !here.hasExternalGrid, let number = here.loads.firstIndex(of: position) else { return nil }
        func power(_ index: Int) -> Complex { (network.loads[here.loads[index]].power ?? .zero) * here.loadShares[index] }
        let generation = zip(here.generators, here.generatorShares).reduce(Complex.zero) { $0 + (network.generators[$1.0].power ?? .zero) * $1.1 }
        let model = here.loads.indices.reduce(Complex.zero) { $0 + power($1) }
        let share = model.magnitude > 0 ? power(number).magnitude / model.magnitude : 1 / Double(here.loads.count)
        let drawn = share * (generation - estimated.power)
        // The model's powers are those at nominal voltage.
        let (shares, v) = (network.loads[position].dependence, estimated.perUnit)
        let active = shares.powerActive + shares.currentActive * v + shares.impedanceActive * v * v
        let reactive = shares.powerReactive + shares.currentReactive * v + shares.impedanceReactive * v * v
        return Complex(active > 0 ? drawn.real / active : drawn.real, reactive > 0 ? drawn.imaginary / reactive : drawn.imaginary)
    }
}
