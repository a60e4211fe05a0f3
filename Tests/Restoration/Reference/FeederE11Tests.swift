import Grid
import Restoration
import Testing

/// ESB Networks' feeder E11 as its truth table sees it: CB_E11 – S696 – S507 – S508 – R518 – S509 – S697 (normally open), with S695 and R584
/// (normally open) on the way.
struct FeederE11 {
    static let devices = ["CB_E11", "S696", "S507", "S508", "R518", "S509"]
    let model: SwitchingModel

    init() throws {
        var network = Network(name: "E11")
        let busbar = network.addNode("busbar", nominalVolts: 20_000)
        network.externalGrids.append(ExternalGrid(Identity("Kilcarragh"), terminal: Terminal(node: busbar), nominalVolts: 20_000))
        var last = busbar
        func line(_ name: String, _ from: Int, _ to: Int) {
            network.lines.append(Line(
                Identity(name), from: Terminal(node: from), to: Terminal(node: to),
                parameters: .sequence(positive: SequenceParameters(impedance: Complex(1, 1)), zero: nil), nominalVolts: 20_000,
                lengthMetres: 3000))
        }
        func device(_ name: String, _ kind: Switch.Kind, _ from: Int, isNormallyOpen: Bool = false) -> Int {
            let to = network.addNode("\(name) far side", nominalVolts: 20_000)
            network.switches.append(Switch(
                Identity(name), kind: kind, from: Terminal(node: from), to: Terminal(node: to), isNormallyOpen: isNormallyOpen))
            return to
        }
        for name in Self.devices {
            let kind: Switch.Kind = name == "CB_E11" ? .breaker : name == "R518" ? .recloser : .loadBreakSwitch
            let behind = device(name, kind, last)
            last = network.addNode("end behind \(name)", nominalVolts: 20_000)
            line("line behind \(name)", behind, last)
            if name == "CB_E11" { _ = device("S695", .loadBreakSwitch, last, isNormallyOpen: true) }
            if name == "S696" { _ = device("R584", .recloser, last, isNormallyOpen: true) }
        }
        _ = device("S697", .loadBreakSwitch, last, isNormallyOpen: true)
        model = try SwitchingModel(network)
    }

    func position(_ name: String) -> Int { model.network.switches.firstIndex { $0.identity.name == name } ?? -1 }

    /// The section behind a device of the chain.
    func section(behind name: String) -> Int { model.sections(ofSwitch: position(name)).to }

    /// Indications of the chain, in its order: 1 true, 0 false, nil not heard of.
    func locate(_ states: [Bool?]) throws -> FaultLocation {
        var observation = FaultObservation(positionsBefore: model.normalPositions)
        for (name, state) in zip(Self.devices, states) {
            let device = position(name)
            guard let state else { continue }
            if name == "CB_E11" || name == "R518" {
                observation.trips[device] = state
            } else {
                observation.passages[device] = state ? .passed : .silent
            }
        }
        return try FaultLocator(model).locate(observation)
    }
}

@Suite(
    "Feeder E11 of ESB Networks",
    .enabled(if: ReferenceData.isThere, "SKIPPED: no reference data; set DSOTP_REFERENCE_DATA to its folder"))
struct FeederE11Tests {
    let feeder: FeederE11

    init() throws { feeder = try FeederE11() }

    /// The device behind which the truth table's words put the fault.
    private static let places = [
        "Between CB E11 & S696 & S695 NO": "CB_E11", "Fault between S696 & S507 & R584 N.O.": "S696", "Fault between S507 & S508": "S507",
        "Fault between S508 & R518": "S508", "Fault between R518 & S509": "R518", "Fault between S509 & S697 (NO)": "S509",
    ]

    @Test("all 64 rows of the truth table come out as it says")
    func truthTable() throws {
        let rows = ReferenceData.rows("flisr/esb_e11/E11_truth_table.csv")
        #expect(rows.count == 64)
        for row in rows {
            let states = row[0..<6].map { $0 == "1" }
            let location = try feeder.locate(states)
            switch row[6] {
            case "No fault": #expect(location.verdict == .noFault, "\(row)")
            case "Mal Operation":
                #expect(location.verdict == .malOperation, "\(row)")
                #expect(!location.contradictions.isEmpty, "\(row)")
            case let words:
                let device = try #require(Self.places[words])
                #expect(location.verdict == .located, "\(row) \(location.contradictions)")
                #expect(location.suspects == [feeder.section(behind: device)], "\(row)")
            }
        }
    }

    /// Station addresses (IEC 60870-5-101 common address) of the devices; information object 4 is the fault passage, 2 the loss of voltage.
    private static let stations = ["40213": "S696", "24969": "S507", "24970": "S508", "41816": "R518", "24971": "S509"]

    @Test("the five recorded cases are located from their telegrams, the breaker not being heard of", arguments: [
        (1, "S696"), (2, "S507"), (3, "S508"), (4, "R518"), (5, "S509"),
    ])
    func recorded(number: Int, place: String) throws {
        let lines = String(
            decoding: ReferenceData.bytes(ReferenceData.folder + "/flisr/esb_e11/fault_case_\(number).seed.txt"), as: UTF8.self)
            .split(separator: "\n").filter { $0.contains("ASDU_CA=") }
        #expect(!lines.isEmpty)
        var observation = FaultObservation(positionsBefore: feeder.model.normalPositions)
        for name in FeederE11.devices where name != "CB_E11" && name != "R518" { observation.passages[feeder.position(name)] = .silent }
        observation.trips[feeder.position("R518")] = false
        for line in lines {
            let fields = line.split(whereSeparator: { ", ".contains($0) })
            let station = try #require(fields.first { $0.hasPrefix("ASDU_CA=") }?.dropFirst(8))
            let object = try #require(fields.first { $0.hasPrefix("IOA=") }?.dropFirst(4))
            let device = feeder.position(try #require(Self.stations[String(station)]))
            if object == "2" { observation.lossOfVoltage[device] = true }
            guard object == "4" else { continue }
            if feeder.model.network.switches[device].kind == .recloser {
                observation.trips[device] = true
            } else {
                observation.passages[device] = .passed
            }
        }
        let location = try FaultLocator(feeder.model).locate(observation)
        #expect(location.verdict == .located)
        #expect(location.suspects == [feeder.section(behind: place)])
        #expect((location.best?.probability ?? 0) > 0.9)
    }
}
