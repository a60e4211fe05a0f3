import Estimation
import Grid
import PluginAPI

/// What is known of the grid at a moment, for people and for other services: SI units, three-phase powers, line-to-line voltages.
struct GridState {
    var time: Timestamp
    var status: Status
    /// Why it is not as it should be, or empty.
    var detail = ""
    var nodes: [Node] = []
    var branches: [Branch] = []
    /// By position in `Network.loads`; nil where a load is not in operation. Empty where nothing tells them apart from their nodes.
    var loads: [Load?] = []
    var violations: [Violation] = []
    /// Sentences on measurements that do not fit.
    var suspects: [String] = []
    var calculation = Calculation.positiveSequence
    /// Sentences on switches that are likely not where they are said to be.
    var switchSuspicions: [String] = []
    var lossesWatts = Double.nan
    var iterations = 0
    var objective = Double.nan
    var chiSquare95 = Double.nan
    /// Values of devices that took part.
    var meteredValues = 0
    /// The change of the topology that it belongs to.
    var revision = 0

    enum Status: String {
        /// Nothing was estimated yet.
        case waiting
        case converged
        /// The last estimate, from before something failed.
        case stale
        /// Parts of the grid can't be estimated.
        case partlyObservable = "not-observable"
        case notConverged = "not-converged"
        /// What a power flow says of assumed injections.
        case whatIf = "what-if"
    }

    struct Node {
        var isEnergised = false
        var volts = Double.nan
        var perUnit = Double.nan
        var angleRadians = Double.nan
        var sigmaVolts = Double.nan
        var source = Source.notEstimable
        /// The latest value of a device, line to line.
        var measuredVolts: Double?
        /// The normalised residual of that value.
        var residual: Double?
        /// Fed in, watt and var.
        var power = Complex(.nan, .nan)
        var violation: String?
        /// In a three-phase calculation each phase, and which of them the values above are of.
        var phases: [NodePhase] = []
        var shownPhase: String?
        /// Negative sequence of the voltage in per cent of the positive, where there are three phases.
        var unbalancePercent: Double?
    }

    enum Source: String {
        case measured, estimated
        case pseudoOnly = "pseudo-only"
        case notEstimable = "not-estimable"
        /// Of assumed injections, not of measurements.
        case computed

        init(_ grade: Estimate.Grade) {
            self =
                switch grade {
                case .measured: .measured
                case .estimated: .estimated
                case .pseudoOnly: .pseudoOnly
                case .notEstimable: .notEstimable
                }
        }
    }

    struct Branch {
        var isEnergised = false
        /// The larger of both ends.
        var amperes = Double.nan
        var loadingPercent: Double?
        var ratedAmperes: Double?
        /// Nil at a transformer of three windings, whose losses are of all of them.
        var lossesWatts: Double?
        var fromPower = Complex(.nan, .nan)
        var toPower = Complex(.nan, .nan)
        var fromAmperes = Double.nan
        var toAmperes = Double.nan
        /// Standard deviations of active (real) and reactive (imaginary) power at each end, watt and var.
        var fromSigma = Complex(.nan, .nan)
        var toSigma = Complex(.nan, .nan)
        var sigmaAmperes = Double.nan
        /// In a three-phase calculation each phase.
        var phases: [BranchPhase] = []
    }

    /// What a load draws, watt and var, with standard deviations.
    struct Load {
        var power = Complex.zero
        var activeSigma = 0.0
        var reactiveSigma = 0.0
        /// What is known of it without the rest of the grid: metered, or one of ``SupposedPowers/Basis``.
        var basis: String
        /// Of the meter's reading that it rests on, seconds since 1970.
        var readingSeconds: Double?
    }

    struct Violation {
        enum Severity: String { case warning, error }
        let severity: Severity
        let mRID: String
        let sentence: String
    }
}
