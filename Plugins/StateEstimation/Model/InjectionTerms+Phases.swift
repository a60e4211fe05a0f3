import Grid

extension InjectionTerms {
    /// The terms of each conductor of three phases.
    static func all(_ grid: FollowedGrid, _ assembly: UnbalancedAssembly) -> [InjectionTerms] {
        var terms = assembly.grid.phases.map { phase in
            var here = InjectionTerms()
            here.phase = Phase(rawValue: phase).map(ChannelPhase.init) ?? .all
            return here
        }
        for (position, load) in grid.network.loads.enumerated() {
            let isDelta = load.isDelta || (load.phases.isEmpty && !load.isGrounded)
            for (conductor, share) in shares(load.terminal, load.phases, isDelta: isDelta, assembly) {
                terms[conductor].add(load: position, share: share)
            }
        }
        for (position, generator) in grid.network.generators.enumerated() {
            for (conductor, share) in shares(generator.terminal, generator.phases, isDelta: generator.isDelta, assembly) {
                terms[conductor].add(generator: position, share: share)
            }
        }
        for source in assembly.grid.sources { terms[Int(source.conductor)].hasExternalGrid = true }
        return terms
    }

    /// The conductors that an appliance is connected to, with the part of its power at each: as the model shares it between the phases, and
    /// between both conductors of a branch in delta as their voltages without load do.
    private static func shares(
        _ terminal: Terminal, _ phases: [PhasePower], isDelta: Bool, _ assembly: UnbalancedAssembly
    ) -> [(conductor: Int, share: Complex)] {
        let there = terminal.phases.withoutNeutral.phases.filter { assembly.conductor(of: terminal, phase: $0) != nil }
        var parts = phases.filter { assembly.conductor(of: terminal, phase: $0.phase) != nil }
        let whole = parts.reduce(Complex.zero) { $0 + $1.power }
        if parts.isEmpty || whole == .zero {
            let among = parts.isEmpty ? there : parts.map(\.phase)
            parts = among.map { PhasePower(phase: $0, power: Complex(1 / Double(among.count))) }
        } else {
            parts = parts.map { PhasePower(phase: $0.phase, power: $0.power / whole) }
        }
        var sums: [Int: Complex] = [:]
        for part in parts {
            guard let from = assembly.conductor(of: terminal, phase: part.phase) else { continue }
            guard isDelta, let to = assembly.conductor(of: terminal, phase: part.phase.deltaPartner) else {
                sums[from, default: .zero] += part.power
                continue
            }
            let own = Complex(magnitude: 1, angle: assembly.grid.nominalAngles[from])
            let across = own - Complex(magnitude: 1, angle: assembly.grid.nominalAngles[to])
            let share = across.magnitude > 0.1 ? own / across : Complex(0.5)
            sums[from, default: .zero] += part.power * share
            sums[to, default: .zero] += part.power * (.one - share)
        }
        return sums.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

extension ChannelPhase {
    init(_ phase: Phase) {
        switch phase {
        case .a: self = .a
        case .b: self = .b
        case .c: self = .c
        case .s1: self = .s1
        case .s2: self = .s2
        case .neutral: self = .all
        }
    }
}
