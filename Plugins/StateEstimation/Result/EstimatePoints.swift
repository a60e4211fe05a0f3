import Grid
import PluginAPI

/// Writes estimates into the time-series store, marked as estimated: they never look like measurements.
///
/// Per busbar the fields `voltmagnitude` (volt from phase to ground, as PMUs report it), `voltangle` (radian), `sigma` (volt, of the
/// magnitude), `activepower` and `reactivepower` (fed in, watt and var of three phases); per line and transformer `currmagnitude`,
/// `activepower`, `reactivepower` (at its first end), each also with `_sigma`, and `loading` (per cent); per load `activepower` and
/// `reactivepower` (drawn), also with `_sigma`. Tags: `grid`, and `node`, `branch` or `load`, the mRID.
///
/// In a three-phase calculation they are of each phase, with the further tag `phase`; without it a busbar has `unbalance` (negative in per
/// cent of the positive sequence) and a branch the `loading` of its worst phase.
struct EstimatePoints {
    private let host: Host
    private var nodeColumns: [[Column<Double>]] = []
    private var branchColumns: [[Column<Double>]] = []
    private var loadColumns: [[Column<Double>]] = []
    private var phases: PhaseColumns?
    private var points = Points<Double>()

    private static let nodeFields = ["voltmagnitude", "voltangle", "sigma", "activepower", "reactivepower"]
    private static let branchFields = ["currmagnitude", "activepower", "reactivepower", "loading", "currmagnitude_sigma", "activepower_sigma", "reactivepower_sigma"]
    private static let loadFields = ["activepower", "reactivepower", "activepower_sigma", "reactivepower_sigma"]

    /// - Throws: what the store says: the manifest must permit to write the measurement.
    init(_ host: Host, _ grid: FollowedGrid, _ settings: EstimationSettings, database: String) throws(ServiceError) {
        self.host = host
        let drawn = grid.drawn
        for load in grid.network.loads {
            loadColumns.append(try Self.columns(host, database, settings, ("load", load.identity.mRID), Self.loadFields))
        }
        guard grid.threePhase == nil else {
            phases = PhaseColumns(host, drawn, settings, database: database)
            return
        }
        for node in drawn.nodes {
            nodeColumns.append(
                try Self.columns(host, database, settings, ("node", node.identity.mRID), Self.nodeFields))
        }
        for branch in drawn.branches {
            branchColumns.append(
                try Self.columns(host, database, settings, ("branch", branch.identity.mRID), Self.branchFields))
        }
    }

    private static func columns(
        _ host: Host, _ database: String, _ settings: EstimationSettings, _ tag: (String, String), _ fields: [String]
    ) throws(ServiceError) -> [Column<Double>] {
        var columns: [Column<Double>] = []
        for field in fields {
            columns.append(
                try host.timeseries.column(
                    database: database, measurement: settings.measurement, tags: [("grid", settings.grid), (tag.0, tag.1)], field: field))
        }
        return columns
    }

    /// Writes what is known; what is not has no point.
    mutating func write(_ state: GridState) throws(ServiceError) {
        points.removeAll()
        for case (let columns, let load?) in zip(loadColumns, state.loads) {
            append(columns, [load.power.real, load.power.imaginary, load.activeSigma, load.reactiveSigma], state.time)
        }
        if phases != nil {
            try phases?.append(state, to: &points)
            return try host.timeseries.write(points)
        }
        for (columns, node) in zip(nodeColumns, state.nodes) where node.perUnit.isFinite {
            append(
                columns,
                [node.volts / 3.0.squareRoot(), node.angleRadians, node.sigmaVolts / 3.0.squareRoot(), node.power.real, node.power.imaginary],
                state.time)
        }
        for (columns, branch) in zip(branchColumns, state.branches) where branch.amperes.isFinite {
            append(
                columns,
                [
                    branch.amperes, branch.fromPower.real, branch.fromPower.imaginary, branch.loadingPercent ?? .nan, branch.sigmaAmperes,
                    branch.fromSigma.real, branch.fromSigma.imaginary,
                ], state.time)
        }
        try host.timeseries.write(points)
    }

    private mutating func append(_ columns: [Column<Double>], _ values: [Double], _ time: Timestamp) {
        for (column, value) in zip(columns, values) where value.isFinite { points.append(column, time, value, quality: .estimated) }
    }
}
