import Estimation
import Grid
import LiveGrid

extension EstimationCase {
    /// Lists the measurements that channels and injections give in a positive-sequence calculation.
    struct SequenceMeasurements {
        let followed: FollowedGrid
        let participants: Participants
        let onlyPhasors: Bool
        let terms: [InjectionTerms]
        private(set) var draft = Draft()
        /// Nodes whose whole injection a device measures, active and reactive.
        private var meteredActive: Set<Int> = []
        private var meteredReactive: Set<Int> = []

        /// - Parameter onlyPhasors: leaves out all that is not linear in the voltages.
        init(_ followed: FollowedGrid, _ participants: Participants, onlyPhasors: Bool) {
            self.followed = followed
            self.participants = participants
            self.onlyPhasors = onlyPhasors
            terms = InjectionTerms.all(followed)
            // Nothing is connected there: what flows in flows out.
            draft.zeroInjections = terms.indices.filter { terms[$0].isEmpty }.map(Int32.init)
            for (position, channel) in participants.channels { add(channel, position) }
            guard !onlyPhasors else { return }
            addInjections()
            addSources()
        }

        private var assembly: BalancedAssembly { followed.assembly }

        private mutating func add(_ channel: Channel, _ position: Int) {
            switch channel.kind {
            case .voltageMagnitude: addVoltage(channel, position)
            case .voltageAngle:
                guard !onlyPhasors, let node = node(of: channel) else { return }
                draft.append(.voltageAngle, at: .node(node), .angle(position, phase: .all))
            case .currentMagnitude: addCurrent(channel, position)
            // It means something with its magnitude alone.
            case .currentAngle: return
            case .activePower, .reactivePower: if !onlyPhasors { addPower(channel, position) }
            }
        }

        private mutating func addCurrent(_ channel: Channel, _ position: Int) {
            guard let (place, volts) = end(of: channel) else { return }
            let scale = 3.0.squareRoot() * volts / assembly.grid.basePowerVA
            if let angle = participants.angle(of: position, .currentAngle) {
                draft.append(.currentReal, .currentImaginary, at: place, magnitude: position, angle: angle, .all, scale: scale)
            } else if !onlyPhasors {
                draft.append(.currentMagnitude, at: place, .channel(position, phase: .all, scale: scale))
            }
        }

        private mutating func addVoltage(_ channel: Channel, _ position: Int) {
            guard let node = node(of: channel) else { return }
            let scale = 3.0.squareRoot() / assembly.grid.nominalVolts[Int(node)]
            if onlyPhasors {
                guard let angle = participants.angle(of: position, .voltageAngle) else { return }
                draft.append(.voltageReal, .voltageImaginary, at: .node(node), magnitude: position, angle: angle, .all, scale: scale)
            } else {
                draft.append(.voltageMagnitude, at: .node(node), .channel(position, phase: .all, scale: scale))
            }
        }

        private mutating func addPower(_ channel: Channel, _ position: Int) {
            let isReactive = channel.kind == .reactivePower
            let quantity: Quantity = isReactive ? .reactivePower : .activePower
            let scale = 1 / assembly.grid.basePowerVA
            switch channel.place {
            case .branchEnd:
                guard let (place, _) = end(of: channel) else { return }
                draft.append(quantity, at: place, .channel(position, phase: .all, scale: scale))
            case .node, .externalGrid:
                // Where nothing is connected the grid itself says that nothing is fed in.
                guard let node = node(of: channel), !terms[Int(node)].isEmpty else { return }
                if isReactive { meteredReactive.insert(Int(node)) } else { meteredActive.insert(Int(node)) }
                draft.append(quantity, at: .node(node), .channel(position, phase: .all, scale: scale))
            case .load, .generator: draft.note(channel, position)
            }
        }

        private func node(of channel: Channel) -> Int32? {
            followed.networkNode(at: channel.place).flatMap { followed.node($0) }.map(Int32.init)
        }

        /// The branch end of a channel and the nominal voltage there; nil where it is not in operation.
        private func end(of channel: Channel) -> (Place, volts: Double)? {
            guard case .branchEnd(let end) = channel.place, let (branch, isFirst) = assembly.index.branch(at: end) else { return nil }
            let node = isFirst ? assembly.grid.branches[Int(branch)].from : assembly.grid.branches[Int(branch)].to
            return (.branch(branch, isFirst ? .first : .second), assembly.grid.nominalVolts[Int(node)])
        }

        /// Without any voltmeter the level of the voltages would be unknown: the model's word for the grid beyond stands in.
        private mutating func addSources() {
            for source in assembly.grid.sources {
                draft.append(.voltageMagnitude, at: .node(source.node), .sourceVoltage(source.voltage.magnitude), isPseudo: true)
            }
        }

        /// Each node with loads or generators has an injection: metered, supposed, or partly both.
        private mutating func addInjections() {
            for (node, here) in terms.enumerated() where !here.isEmpty && !here.hasExternalGrid {
                let isMetered = here.loads.allSatisfy { draft.loads[$0] != nil } && here.generators.allSatisfy { draft.generators[$0] != nil }
                if !meteredActive.contains(node) {
                    draft.append(.activePower, at: .node(Int32(node)), .injection(here, isReactive: false), isPseudo: !isMetered)
                }
                if !meteredReactive.contains(node) {
                    draft.append(.reactivePower, at: .node(Int32(node)), .injection(here, isReactive: true), isPseudo: !isMetered)
                }
            }
        }
    }
}
