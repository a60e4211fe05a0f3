extension UnbalancedInjections {
    /// Where each appliance is connected, as `UnbalancedPowerFlow` takes it.
    public var connections: [LoadConnection] {
        appliances.map {
            LoadConnection(conductor: $0.from, other: $0.to >= 0 ? $0.to : nil, referenceMagnitude: $0.nominalVoltage)
        }
    }

    /// The powers of the appliances, in the order of `connections`.
    public var powers: Injections {
        Injections(
            constantPower: appliances.map(\.constantPower), constantCurrent: appliances.map(\.constantCurrent),
            constantImpedance: appliances.map(\.constantImpedance))
    }
}
