import Estimation
import Grid
import LiveGrid

extension EstimationCase {
    /// Lists the measurements that channels and injections give in three phases, one for each conductor that a channel may be of.
    struct PhaseMeasurements {
        let followed: FollowedGrid
        let assembly: UnbalancedAssembly
        let participants: Participants
        let onlyPhasors: Bool
        private var terms: [InjectionTerms]
        private(set) var draft = Draft()

        /// - Parameter onlyPhasors: leaves out all that is not linear in the voltages.
        init(_ followed: FollowedGrid, _ assembly: UnbalancedAssembly, _ participants: Participants, onlyPhasors: Bool) {
            self.followed = followed
            self.assembly = assembly
            self.participants = participants
            self.onlyPhasors = onlyPhasors
            terms = InjectionTerms.all(followed, assembly)
            draft.zeroInjections = terms.indices.filter { terms[$0].isEmpty }.map(Int32.init)
            for (position, channel) in participants.channels { add(channel, position) }
            guard !onlyPhasors else { return }
            addInjections()
            addSources()
        }

        private mutating func add(_ channel: Channel, _ position: Int) {
            switch channel.kind {
            case .voltageMagnitude: addVoltages(channel, position)
            case .voltageAngle:
                guard !onlyPhasors else { return }
                for (conductor, phase) in conductors(at: channel) {
                    draft.append(.voltageAngle, at: .node(Int32(conductor)), .angle(position, phase: ChannelPhase(phase)))
                }
            case .currentMagnitude: addCurrents(channel, position)
            case .currentAngle: return
            case .activePower, .reactivePower: if !onlyPhasors { addPowers(channel, position) }
            }
        }

        private mutating func addVoltages(_ channel: Channel, _ position: Int) {
            for (conductor, phase) in conductors(at: channel) {
                let scale = 1 / assembly.grid.nominalVolts[conductor]
                let place = Place.node(Int32(conductor))
                if !onlyPhasors {
                    draft.append(.voltageMagnitude, at: place, .channel(position, phase: ChannelPhase(phase), scale: scale))
                } else if let angle = participants.angle(of: position, .voltageAngle) {
                    draft.append(
                        .voltageReal, .voltageImaginary, at: place, magnitude: position, angle: angle, ChannelPhase(phase), scale: scale)
                }
            }
        }

        private mutating func addCurrents(_ channel: Channel, _ position: Int) {
            let angle = participants.angle(of: position, .currentAngle)
            for end in ends(of: channel) {
                let phase = ChannelPhase(end.phase)
                let scale = assembly.grid.nominalVolts[end.conductor] / assembly.grid.basePowerVA
                if let angle {
                    draft.append(
                        .currentReal, .currentImaginary, at: end.place, magnitude: position, angle: angle, phase, scale: end.sign * scale)
                } else if !onlyPhasors {
                    draft.append(.currentMagnitude, at: end.place, .channel(position, phase: phase, scale: scale))
                }
            }
        }

        private mutating func addPowers(_ channel: Channel, _ position: Int) {
            let quantity: Quantity = channel.kind == .reactivePower ? .reactivePower : .activePower
            let scale = 1 / assembly.grid.basePowerVA
            switch channel.place {
            case .load, .generator: draft.note(channel, position)
            case .node: addInjectionMeters(channel, position, quantity)
            case .branchEnd, .externalGrid:
                let ends = ends(of: channel)
                for end in ends {
                    draft.append(quantity, at: end.place, .channel(position, phase: ChannelPhase(end.phase), scale: end.sign * scale))
                }
                // A source without impedance feeds its node directly.
                if ends.isEmpty, case .externalGrid = channel.place { addInjectionMeters(channel, position, quantity) }
            }
        }

        /// Where nothing is connected the grid itself says that nothing is fed in.
        private mutating func addInjectionMeters(_ channel: Channel, _ position: Int, _ quantity: Quantity) {
            for (conductor, phase) in conductors(at: channel) where !terms[conductor].isEmpty {
                if quantity == .activePower { terms[conductor].activeMeters.append(position) } else { terms[conductor].reactiveMeters.append(position) }
                draft.append(
                    quantity, at: .node(Int32(conductor)), .channel(position, phase: ChannelPhase(phase), scale: 1 / assembly.grid.basePowerVA))
            }
        }

        /// The conductors at a channel's place, among the phases of its terminal.
        private func conductors(at channel: Channel) -> [(conductor: Int, phase: Phase)] {
            guard let node = followed.networkNode(at: channel.place) else { return [] }
            return assembly.conductors(atNode: node)
        }

        /// The conductors' ends at which a channel measures what flows; the sign is negative where the model counts the other way.
        private func ends(of channel: Channel) -> [(place: Place, conductor: Int, phase: Phase, sign: Double)] {
            let end: EquipmentEnd
            var sign = 1.0
            switch channel.place {
            case .branchEnd(let at): end = at
            // What the grid beyond feeds in comes out of its impedance.
            case .externalGrid(let position): (end, sign) = (EquipmentEnd(EquipmentReference(.externalGrid, position), end: 0), -1)
            default: return []
            }
            return assembly.conductorEnds(of: end, followed.index).map { found in
                (
                    .branch(found.element, found.isFirst ? .first : .second, conductor: Int32(found.offset)), found.conductor, found.phase, sign
                )
            }
        }

        /// The model's word for the grid beyond: without any voltmeter the level of the voltages would be unknown.
        private mutating func addSources() {
            for source in assembly.grid.sources {
                draft.append(.voltageMagnitude, at: .node(source.conductor), .sourceVoltage(source.voltage.magnitude), isPseudo: true)
            }
        }

        /// Each conductor with loads or generators has an injection: metered, supposed, or partly both.
        private mutating func addInjections() {
            for (conductor, here) in terms.enumerated() where !here.isEmpty && !here.hasExternalGrid {
                let isMetered = here.loads.allSatisfy { draft.loads[$0] != nil } && here.generators.allSatisfy { draft.generators[$0] != nil }
                let place = Place.node(Int32(conductor))
                draft.append(.activePower, at: place, .injection(here, isReactive: false), isPseudo: !isMetered)
                draft.append(.reactivePower, at: place, .injection(here, isReactive: true), isPseudo: !isMetered)
            }
        }
    }
}
