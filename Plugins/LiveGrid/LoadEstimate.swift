public import Grid
public import PluginAPI

/// Loads as they are, from the messages of a state estimation (`estimates/<grid>`).
///
/// An estimate tells what is fed into each busbar in all. It is shared out over the loads of the busbar in proportion to their power in the
/// grid model, generation taken as in the model where there is some.
public struct LoadEstimate: Sendable {
    private let network: Network
    /// For each busbar's mRID its loads and generators.
    private let loads: [String: [Int]]
    private let generators: [String: [Int]]
    /// Consumed power of each load in volt-ampere; nil before the first estimate.
    public private(set) var powers: [Complex]?

    public init(_ network: Network) {
        self.network = network
        let places = Self.busbars(network)
        var loads: [String: [Int]] = [:]
        for (position, load) in network.loads.enumerated() {
            if let node = load.terminal.node, let busbar = places[node] { loads[busbar, default: []].append(position) }
        }
        var generators: [String: [Int]] = [:]
        for (position, generator) in network.generators.enumerated() {
            if let node = generator.terminal.node, let busbar = places[node] { generators[busbar, default: []].append(position) }
        }
        self.loads = loads
        self.generators = generators
    }

    /// The busbar (or node) that each node is called by: its own, or the nearest over switches that are closed in normal operation.
    private static func busbars(_ network: Network) -> [Int: String] {
        var names: [Int: String] = [:]
        let topology = Topology(network)
        for bus in 0..<topology.busCapacity where topology.isBus(bus) {
            let nodes = topology.nodes(ofBus: bus).map(Int.init)
            let lead = nodes.first { network.nodes[$0].isBusbar } ?? nodes.min() ?? 0
            for node in nodes { names[node] = (network.nodes[lead].busbar ?? network.nodes[lead].identity).mRID }
        }
        return names
    }

    /// Takes an estimate, the JSON of one message. What has no voltage in it keeps the power that it had.
    public mutating func take(_ json: JSONValue) {
        guard let nodes = json["nodes"]?.elements, json["status"]?.text == "converged" else { return }
        var powers = powers ?? network.loads.map { $0.power ?? .zero }
        for node in nodes where node["energised"]?.boolean == true {
            guard let id = node["id"]?.text, let positions = loads[id], let active = node["p"]?.number, let reactive = node["q"]?.number else { continue }
            var consumed = Complex(-active, -reactive)
            for generator in generators[id] ?? [] { consumed += network.generators[generator].power ?? .zero }
            let known = positions.map { (network.loads[$0].power ?? .zero).real }
            let sum = known.reduce(0, +)
            for (position, power) in zip(positions, known) {
                let share = sum > 0 ? power / sum : 1 / Double(positions.count)
                powers[position] = consumed * share
            }
        }
        self.powers = powers
    }
}
