import Grid
import PluginAPI
import Restoration

/// A network of `flisr_cases.json` as ours: a switch at the end of a branch stands between the branch and a node of its own.
struct ReferenceNetwork {
    let name: String
    let model: SwitchingModel
    let limits: OperatingLimits
    let isConnectivityOnly: Bool
    let switchOfName: [String: Int]
    let lineOfName: [String: Int]
    let nodeOfName: [String: Int]

    init(_ json: JSONValue) throws {
        var network = Network(name: json["name"]?.text ?? "")
        name = network.name
        isConnectivityOnly = json["connectivity_only"]?.boolean ?? false
        var volts: [Double] = []
        for node in json["nodes"]?.elements ?? [] {
            let kilovolts = node["vn_kv"]?.number ?? 0
            volts.append(kilovolts * 1000)
            let position = network.addNode(node["name"]?.text ?? "", nominalVolts: kilovolts * 1000)
            let power = Complex((node["p_kw"]?.number ?? 0) * 1000, (node["q_kvar"]?.number ?? 0) * 1000)
            guard power != .zero else { continue }
            network.loads.append(Load(Identity("load \(position)"), terminal: Terminal(node: position), power: power, nominalVolts: volts[position]))
        }
        let branches = json["branches"]?.elements ?? []
        let devices = json["switches"]?.elements ?? []
        var ends = branches.map { [Int($0["from"]?.integer ?? 0), Int($0["to"]?.integer ?? 0)] }
        var duties: [SwitchDuty] = []
        for device in devices {
            let name = device["name"]?.text ?? ""
            var nodes = [Int(device["node_a"]?.integer ?? 0), Int(device["node_b"]?.integer ?? 0)]
            if let branch = device["branch"]?.integer {
                let end = device["end"]?.text == "from" ? 0 : 1
                let node = ends[Int(branch)][end]
                let inner = network.addNode("\(name) inner", nominalVolts: volts[node])
                ends[Int(branch)][end] = inner
                nodes = [node, inner]
            }
            let isBreaker = device["kind"]?.text == "breaker"
            network.switches.append(Switch(
                Identity(name), kind: isBreaker ? .breaker : .loadBreakSwitch, from: Terminal(node: nodes[0]), to: Terminal(node: nodes[1]),
                isNormallyOpen: device["normally_closed"]?.boolean == false))
            var duty = SwitchDuty(of: isBreaker ? .breaker : .loadBreakSwitch)
            duty.isRemoteControlled = device["remote"]?.boolean ?? true
            duties.append(duty)
        }
        for (position, branch) in branches.enumerated() {
            // Networks without impedances get a tenth of a milliohm, so that currents have a way.
            let impedance = Complex(max(branch["r_ohm"]?.number ?? 0, 1e-4), branch["x_ohm"]?.number ?? 0)
            network.lines.append(Line(
                Identity(branch["name"]?.text ?? ""), from: Terminal(node: ends[position][0]), to: Terminal(node: ends[position][1]),
                parameters: .sequence(positive: SequenceParameters(impedance: impedance), zero: nil), nominalVolts: 0,
                ratedAmperes: branch["i_max_a"]?.number))
        }
        for source in json["sources"]?.elements ?? [] {
            let node = Int(source["node"]?.integer ?? 0)
            network.externalGrids.append(ExternalGrid(
                Identity("source \(node)"), terminal: Terminal(node: node), voltageVolts: (source["vm_pu"]?.number ?? 1) * volts[node],
                nominalVolts: volts[node]))
        }
        model = try SwitchingModel(network, duties: duties)
        let bounds = json["limits"]
        limits = OperatingLimits(
            voltageBand: (bounds?["v_min_pu"]?.number ?? 0.9)...(bounds?["v_max_pu"]?.number ?? 1.1),
            highestLoading: bounds?["loading_max"]?.number ?? 1)
        switchOfName = Dictionary(uniqueKeysWithValues: network.switches.enumerated().map { ($1.identity.name, $0) })
        lineOfName = Dictionary(uniqueKeysWithValues: network.lines.enumerated().map { ($1.identity.name, $0) })
        nodeOfName = Dictionary(uniqueKeysWithValues: network.nodes.enumerated().map { ($1.identity.name, $0) })
    }

    func names(_ switches: [Int]) -> Set<String> { Set(switches.map { model.name(ofSwitch: $0) }) }

    func section(ofLine name: String) -> Int? { lineOfName[name].flatMap { model.section(of: EquipmentReference(.line, $0)) } }

    /// The section that holds nodes and branches as a case names them.
    func section(_ json: JSONValue) -> Int? {
        if let line = json["branches"]?[0]?.text { return section(ofLine: line) }
        return json["nodes"]?[0]?.text.flatMap { section(ofNode: $0) }
    }

    private func section(ofNode name: String) -> Int? {
        nodeOfName[name].map { Int(model.sectionOfNode[Int(model.index.nodeOfNetworkNode[$0])]) }
    }

    /// The section of a fault on a branch or at a node.
    func section(ofFault json: JSONValue?) -> Int? {
        if let line = json?["branch"]?.text { return section(ofLine: line) }
        return json?["node"]?.text.flatMap { section(ofNode: $0) }
    }
}

/// The reference cases with their networks.
struct ReferenceCases {
    let networks: [String: ReferenceNetwork]
    let cases: [JSONValue]
    let optima: [JSONValue]

    static let shared = Result { try ReferenceCases() }

    private init() throws {
        let json = try ReferenceData.json("flisr_cases.json")
        var networks: [String: ReferenceNetwork] = [:]
        for network in json["networks"]?.elements ?? [] {
            let read = try ReferenceNetwork(network)
            networks[read.name] = read
        }
        self.networks = networks
        cases = json["cases"]?.elements ?? []
        optima = json["reconfiguration_optima"]?.elements ?? []
    }
}

extension JSONValue {
    var texts: [String] { (elements ?? []).compactMap(\.text) }
}
