/// What each thing that is not wanted costs: the published defaults decide which wish gives way when not all can be fulfilled.
///
/// A price of battery throughput above `exchange · (1 − η) / (1 + η)`, with η the round-trip efficiency, keeps it from paying to burn energy by charging and
/// discharging at a time; the default is above it for round trips of 0.82 and better.
public struct BalancingPrices: Hashable, Sendable {
    /// A kWh through the transformer, either way (UC1), or bought (UC3, least import).
    public var exchange = 1.0
    /// A kW of the highest exchange.
    public var peak = 0.5
    /// A kWh that photovoltaics could have generated.
    public var curtailment = 1.5
    /// A kWh into or out of a battery: its wear.
    public var throughput = 0.1
    /// A kWh that a vehicle or task lacks when its time is over.
    public var taskShortfall = 50.0
    /// A kWh of heat that is missing.
    public var heatShortfall = 20.0
    /// A kWh beyond the limit of transformer or line.
    public var overload = 100.0
    /// A kWh beside the set-point (UC2).
    public var deviation = 10.0
    /// A kWh beside the packages (UC3, UC4), and a kWh that an energy slot lacks.
    public var residual = 10.0
    /// A package that takes place.
    public var package = 2.0
    /// A kWh that a battery lacks of its window, or has beyond it, now or at the end.
    public var batteryWindow = 60.0
    /// A kWh of reserve that is not kept.
    public var reserve = 0.3
    /// What a kWh in a battery at the end is worth.
    public var storedEnergy = 0.0
    /// By which part a deviation in the first step is dearer than in the last: of deviations that can't be avoided, late ones are taken.
    public var urgency = 0.0
    /// By which part energy imported in the last step is dearer than in the first, where exchange and its peak cost (UC1): of equal plans the one that
    /// imports early, so that stores are fuller when there is more load than forecast.
    public var delay = 0.0
    /// By which part of its price import beyond ``BalancingProblem/pastImportKW`` is dearer in the first step than in the last, and the part of a peak's
    /// price that its highest power has where export makes the peak (UC1): a higher import that is foreseen may yet not be needed, so it is reached late.
    public var newPeak = 0.0
    /// What a kW of exchange costs where it costs nothing else, so that of equal plans the quieter one is taken.
    public var tieBreak = 1e-6

    public init() {}
}
