import Grid
import PluginAPI

/// The columns of a three-phase estimate, made when a phase is first known.
struct PhaseColumns {
    private let host: Host
    private let settings: EstimationSettings
    private let database: String
    private let nodes: [String]
    private let branches: [String]
    private var columns: [Key: Column<Double>] = [:]

    private struct Key: Hashable {
        let isNode: Bool
        let position: Int
        /// Empty for what is of all phases.
        let phase: String
        let field: String
    }

    init(_ host: Host, _ drawn: DrawnGrid, _ settings: EstimationSettings, database: String) {
        self.host = host
        self.settings = settings
        self.database = database
        nodes = drawn.nodes.map(\.identity.mRID)
        branches = drawn.branches.map(\.identity.mRID)
    }

    /// Adds what is known; what is not has no point.
    /// - Throws: what the store says.
    mutating func append(_ state: GridState, to points: inout Points<Double>) throws(ServiceError) {
        for (position, node) in state.nodes.enumerated() {
            for phase in node.phases {
                let values = [
                    ("voltmagnitude", phase.volts), ("voltangle", phase.angleRadians), ("sigma", phase.sigmaVolts),
                    ("activepower", phase.power.real), ("reactivepower", phase.power.imaginary),
                ]
                for (field, value) in values {
                    try append(Key(isNode: true, position: position, phase: phase.name, field: field), value, state.time, to: &points)
                }
            }
            let unbalance = node.unbalancePercent ?? .nan
            try append(Key(isNode: true, position: position, phase: "", field: "unbalance"), unbalance, state.time, to: &points)
        }
        for (position, branch) in state.branches.enumerated() {
            for phase in branch.phases {
                let values = [
                    ("currmagnitude", phase.amperes), ("activepower", phase.fromPower.real), ("reactivepower", phase.fromPower.imaginary),
                    ("loading", phase.loadingPercent ?? .nan),
                ]
                for (field, value) in values {
                    try append(Key(isNode: false, position: position, phase: phase.name, field: field), value, state.time, to: &points)
                }
            }
            let loading = branch.loadingPercent ?? .nan
            try append(Key(isNode: false, position: position, phase: "", field: "loading"), loading, state.time, to: &points)
        }
    }

    private mutating func append(_ key: Key, _ value: Double, _ time: Timestamp, to points: inout Points<Double>) throws(ServiceError) {
        guard value.isFinite else { return }
        if columns[key] == nil { columns[key] = try make(key) }
        guard let column = columns[key] else { return }
        points.append(column, time, value, quality: .estimated)
    }

    private func make(_ key: Key) throws(ServiceError) -> Column<Double> {
        var tags = [("grid", settings.grid), key.isNode ? ("node", nodes[key.position]) : ("branch", branches[key.position])]
        if !key.phase.isEmpty { tags.append(("phase", key.phase)) }
        return try host.timeseries.column(database: database, measurement: settings.measurement, tags: tags, field: key.field)
    }
}
