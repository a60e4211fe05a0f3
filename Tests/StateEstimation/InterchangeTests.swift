import PluginAPI
import PluginTestKit
import Testing

/// Wiring errors: the commonest of real meters.
@Suite("Interchanged phases and wrong signs, live")
struct InterchangeTests {
    /// What a device reports that has two phases at each other's terminals.
    private func interchanged(_ readings: [PhaseGrid.Reading], _ one: String, _ other: String) -> [PhaseGrid.Reading] {
        readings.map { reading in
            var changed = reading
            if reading.phase == one { changed.phase = other } else if reading.phase == other { changed.phase = one }
            return changed
        }
    }

    private func suspects(_ lane: PhaseGrid) throws -> [String] { try lane.get("/state")["suspects"]?.elements?.compactMap(\.text) ?? [] }

    @Test("two phases of a meter that are interchanged are suspected by name", arguments: ["f-L4", "m-H675", "f-L8"])
    func powers(device: String) throws {
        let lane = try PhaseGrid()
        try lane.publishAll { $0 == device ? interchanged($1, "A", "B") : $1 }
        try lane.tick()
        let found = try suspects(lane)
        #expect(found.contains { $0.contains("phase A") && $0.contains("the phases A and B of the meter are interchanged") }, "\(found)")
        #expect(found.allSatisfy { $0.contains(device.dropFirst(2)) }, "\(found)")
        #expect(try lane.largestError().magnitude < 1e-4)
    }

    @Test("a wrong sign of one phase is suspected by name, with the phase", arguments: ["f-L4", "m-H675"])
    func signs(device: String) throws {
        let lane = try PhaseGrid()
        try lane.publishAll { name, readings in
            guard name == device else { return readings }
            return readings.map { reading in
                var turned = reading
                if reading.phase == "C" { turned.value.negate() }
                return turned
            }
        }
        try lane.tick()
        let found = try suspects(lane)
        #expect(found.contains { $0.hasPrefix("activepower of ") && $0.contains(", phase C") && $0.contains("the sign is wrong") }, "\(found)")
        #expect(try lane.largestError().magnitude < 1e-4)
    }

    @Test("a PMU with two phases at each other's terminals is told by the angles alone, and left out", arguments: [false, true])
    func phasors(isLinear: Bool) throws {
        let lane = try PhaseGrid()
        if !isLinear { try lane.publishAll() }
        for node in ["RG60", "632", "671", "675", "645", "646", "611", "652"] {
            let readings = try lane.voltages(node, isPMU: true)
            try lane.publish("pmu-\(node)", node == "671" ? interchanged(readings, "B", "C") : readings)
        }
        try lane.tick()
        let found = try suspects(lane)
        #expect(found.count == 1 && found[0].contains("pmu-671") && found[0].contains("the phases B and C of the meter are interchanged"), "\(found)")
        let error = try lane.largestError()
        // Without this PMU loads that nobody measures are supposed again: those in delta as their nominal voltages share them.
        #expect(error.magnitude < 1e-3 && error.angle < 1e-3, "\(error)")
    }
}
