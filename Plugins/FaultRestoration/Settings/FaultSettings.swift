import LiveGrid
import PluginAPI
import Restoration

/// What the configuration says.
struct FaultSettings {
    /// How far the service goes by itself.
    enum Mode: String, CaseIterable {
        /// It locates and proposes; people switch.
        case advise
        /// It switches a plan that a person has approved.
        case approve
        /// It switches at once where the location is certain; else it asks.
        case automatic
    }

    let files: GridFiles
    /// Name of the grid: the last level of the topic of cards.
    let grid: String
    let mode: Mode
    /// People who have to approve a plan, each another one.
    let approvals: Int
    let switchTopic: SwitchTopic
    let commandTopic: SwitchTopic
    /// How long a switch may take to report the position that it was told.
    let confirmation: Duration
    let tripTopic: SwitchTopic
    let indicatorTopic: SwitchTopic
    /// Switches with an indicator, by mRID; those that report are added.
    let indicators: [String]
    /// How long before a trip an indication may have come to belong to it, in seconds.
    let indicationSeconds: Double
    /// How long after the end of a reclosing cycle late indications are waited for, in seconds.
    let settleSeconds: Double
    let estimateTopic: String?
    let reclosing: ReclosingCycle.Setting
    let reclosingOfDevice: [String: ReclosingCycle.Setting]
    let duties: [DutyChange]
    let limits: OperatingLimits
    /// What external grids may give, in volt-ampere, by mRID.
    let sourceCapacities: [String: Double]
    let options: PlanningOptions
    let trust: IndicationTrust
    let priorityLoads: [String]
    let countsGeneration: Bool
    /// The impedance that is 100 % in a relay's setting, in ohm, by the mRID of its switch.
    let lineOhms: [String: Double]
    let times: ReliabilityEffect.Times
    let topic: String

    /// What a switch can do where its kind does not say it.
    struct DutyChange {
        let id: String
        let isRemoteControlled: Bool?
        let breaksLoadCurrent: Bool?
        let availability: SwitchDuty.Availability?
    }
}
