/// A tap changer of a winding: in phase with the voltage (CIM: `RatioTapChanger`) or with an angle (`PhaseTapChanger…`).
public struct TapChanger: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// Each step adds `stepPercent` of the rated voltage in phase.
        case ratio(stepPercent: Double)
        /// Each step turns the voltage by `stepDegrees` without changing its magnitude (symmetrical phase shifter).
        case symmetrical(stepDegrees: Double)
        /// Each step adds `stepPercent` of the rated voltage at an angle of `connectionDegrees` to it (asymmetrical phase shifter).
        case asymmetrical(stepPercent: Double, connectionDegrees: Double)
        /// The factor of each step is given: position 0 is `lowStep`.
        case table(ratios: [Double], degrees: [Double])
    }

    public var mRID: String
    public var kind: Kind
    public var lowStep: Int
    public var highStep: Int
    public var neutralStep: Int
    /// Live position; between steps where a state estimator says so.
    public var step: Double
    /// The control that moves it, if any.
    public var control: TapControl?

    public init(
        mRID: String = "", kind: Kind, lowStep: Int, highStep: Int, neutralStep: Int = 0, step: Double = 0, control: TapControl? = nil
    ) {
        self.mRID = mRID
        self.kind = kind
        self.lowStep = lowStep
        self.highStep = highStep
        self.neutralStep = neutralStep
        self.step = step
        self.control = control
    }

    /// What the winding's rated voltage is multiplied with at a position.
    public func factor(at step: Double) -> Complex {
        let steps = step - Double(neutralStep)
        switch kind {
        case .ratio(let percent): return Complex(1 + steps * percent / 100)
        case .symmetrical(let degrees): return Complex(magnitude: 1, angle: steps * degrees * .pi / 180)
        case .asymmetrical(let percent, let degrees):
            return .one + Complex(magnitude: steps * percent / 100, angle: degrees * .pi / 180)
        case .table(let ratios, let degrees):
            guard !ratios.isEmpty else { return .one }
            let position = min(max(Int(step.rounded()) - lowStep, 0), ratios.count - 1)
            let angle = position < degrees.count ? degrees[position] : 0
            return Complex(magnitude: ratios[position], angle: angle * .pi / 180)
        }
    }

    /// The factor at the live position.
    public var factor: Complex { factor(at: step) }
}

/// What a tap changer holds, and how (CIM: `TapChangerControl`), with line drop compensation as line regulators have it.
public struct TapControl: Hashable, Sendable {
    public var mRID: String
    public var isEnabled: Bool
    /// Position in `Network.nodes` of the node whose voltage is held, nil where it is not told.
    public var node: Int?
    /// The phase whose voltage is held; nil for all.
    public var phase: Phase?
    /// The voltage to hold. With `voltageTransformerRatio` on the secondary side of the voltage transformer, else in volt between lines.
    public var targetVolts: Double
    /// Full width of the band in which it does not move, in the unit of `targetVolts`.
    public var deadbandVolts: Double
    /// Line drop compensation in volt at the rated current of the current transformer: R and X; nil when off.
    public var lineDropVolts: Complex?
    public var voltageTransformerRatio: Double?
    /// Primary rating of the current transformer in ampere.
    public var currentTransformerAmperes: Double?
    public var delaySeconds: Double

    public init(
        mRID: String = "", isEnabled: Bool = true, node: Int? = nil, phase: Phase? = nil, targetVolts: Double, deadbandVolts: Double,
        lineDropVolts: Complex? = nil, voltageTransformerRatio: Double? = nil, currentTransformerAmperes: Double? = nil,
        delaySeconds: Double = 0
    ) {
        self.mRID = mRID
        self.isEnabled = isEnabled
        self.node = node
        self.phase = phase
        self.targetVolts = targetVolts
        self.deadbandVolts = deadbandVolts
        self.lineDropVolts = lineDropVolts
        self.voltageTransformerRatio = voltageTransformerRatio
        self.currentTransformerAmperes = currentTransformerAmperes
        self.delaySeconds = delaySeconds
    }
}
