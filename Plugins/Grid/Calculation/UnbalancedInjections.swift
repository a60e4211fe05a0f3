/// What loads and generators put into the conductors of an unbalanced grid, each between a conductor and another one or earth.
public struct UnbalancedInjections: Hashable, Sendable {
    /// One single-phase load or generator: a phase of a star, a branch of a delta.
    public struct Appliance: Hashable, Sendable {
        public var from: Int32
        /// -1 for earth.
        public var to: Int32
        /// Fed-in power at any voltage, per unit on the single-phase base.
        public var constantPower: Complex
        /// Fed-in power at nominal voltage of what draws a constant current.
        public var constantCurrent: Complex
        /// Fed-in power at nominal voltage of a constant impedance.
        public var constantImpedance: Complex
        /// The voltage across it, per unit, at which the powers above are meant: 1 for a phase, √3 for a delta.
        public var nominalVoltage: Double

        public init(
            from: Int32, to: Int32, constantPower: Complex, constantCurrent: Complex = .zero, constantImpedance: Complex = .zero,
            nominalVoltage: Double = 1
        ) {
            self.from = from
            self.to = to
            self.constantPower = constantPower
            self.constantCurrent = constantCurrent
            self.constantImpedance = constantImpedance
            self.nominalVoltage = nominalVoltage
        }

        /// Fed-in power at a voltage across it, per unit.
        public func power(magnitude: Double) -> Complex {
            let share = magnitude / nominalVoltage
            return constantPower + constantCurrent * share + constantImpedance * (share * share)
        }

        /// The current it puts into `from` (and takes from `to`) at a voltage across it, per unit.
        public func current(voltage: Complex) -> Complex { (power(magnitude: voltage.magnitude) / voltage).conjugate }
    }

    public var appliances: [Appliance]

    public init(appliances: [Appliance]) { self.appliances = appliances }

    /// The currents put into the conductors at the given voltages to earth, per unit.
    public func currents(at voltages: [Complex]) -> [Complex] {
        var currents = [Complex](repeating: .zero, count: voltages.count)
        for appliance in appliances {
            let across = voltages[Int(appliance.from)] - (appliance.to >= 0 ? voltages[Int(appliance.to)] : .zero)
            let current = appliance.current(voltage: across)
            currents[Int(appliance.from)] += current
            if appliance.to >= 0 { currents[Int(appliance.to)] -= current }
        }
        return currents
    }
}
