/// A capacitor or reactor to earth or between phases (CIM: `LinearShuntCompensator`, `NonlinearShuntCompensator`, `EquivalentShunt`).
public struct Shunt: Hashable, Sendable {
    /// What one phase has.
    public struct Section: Hashable, Sendable {
        public var phase: Phase
        /// Of all sections that are on, in siemens: to earth in star, between this phase and the next in delta.
        public var admittance: Complex

        public init(phase: Phase, admittance: Complex) {
            self.phase = phase
            self.admittance = admittance
        }
    }

    public var identity: Identity
    public var terminal: Terminal
    /// Positive-sequence admittance of all sections that are on, in siemens per phase.
    public var admittance: Complex
    /// Zero-sequence admittance; nil where it equals the positive sequence.
    public var zeroAdmittance: Complex?
    /// Where the phases differ or only some are there; empty for a symmetrical three-phase shunt.
    public var phases: [Section]
    public var isDelta: Bool
    public var isGrounded: Bool
    /// Sections that are on.
    public var sections: Double
    public var maximumSections: Int
    /// Admittance of one section in siemens; nil where sections differ and `admittance` alone counts.
    public var admittancePerSection: Complex?
    /// Nominal line-to-line voltage in volt.
    public var nominalVolts: Double

    public init(
        _ identity: Identity, terminal: Terminal, admittance: Complex, zeroAdmittance: Complex? = nil, phases: [Section] = [],
        isDelta: Bool = false, isGrounded: Bool = true, sections: Double = 1, maximumSections: Int = 1,
        admittancePerSection: Complex? = nil, nominalVolts: Double
    ) {
        self.identity = identity
        self.terminal = terminal
        self.admittance = admittance
        self.zeroAdmittance = zeroAdmittance
        self.phases = phases
        self.isDelta = isDelta
        self.isGrounded = isGrounded
        self.sections = sections
        self.maximumSections = maximumSections
        self.admittancePerSection = admittancePerSection
        self.nominalVolts = nominalVolts
    }
}
