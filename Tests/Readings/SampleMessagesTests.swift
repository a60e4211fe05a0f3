import Foundation
import PluginAPI
import Testing

/// The sample messages of the reference data, where it is at hand.
@Suite("Sample messages of meters")
struct SampleMessagesTests {
    static func sample(_ name: String) throws -> MeterMessage? {
        let root = URL(filePath: #filePath).resolvingSymlinksInPath().pathComponents.dropLast(3)
        let folder = ProcessInfo.processInfo.environment["DSOTP_REFERENCE_DATA"].map { URL(filePath: $0) }
            ?? URL(filePath: "/" + root.dropFirst().dropLast().joined(separator: "/")).appending(path: "shared/data")
        let file = folder.appending(path: "meterreadings/synthetic_\(name).xml")
        guard FileManager.default.fileExists(atPath: file.path) else {
            print("SKIPPED: no \(file.path); set DSOTP_REFERENCE_DATA to the folder of the reference data")
            return nil
        }
        return try MeterMessage([UInt8](Data(contentsOf: file)))
    }

    @Test("thirteen meters of a day: each quarter hour's energy as power, and the voltages of three phases") func day() throws {
        guard let message = try Self.sample("eventmessage_13meters_1day") else { return }
        let energy = message.rows.filter { $0.measurand == "activepower" }
        #expect(message.refusals.isEmpty && Set(message.rows.map(\.device)).count == 13 && energy.count == 13 * 96)
        #expect(energy.allSatisfy { $0.seconds == 900 && $0.quality == .good })
        #expect(abs((energy.first?.value ?? 0) - 968.4) < 1e-6 && energy.first?.time.hasPrefix("2016-07-01T00:15:00") == true && energy.first?.device == "HEDNO-MESO-0001")
        #expect(Set(message.rows.filter { $0.measurand == "voltmagnitude" }.map(\.phase)) == ["A", "B", "C"])
    }

    @Test("gaps stay gaps, duplicates come twice, estimated values say so") func gaps() throws {
        guard let message = try Self.sample("gaps_dups_quality_2meters") else { return }
        let energy = message.rows.filter { $0.measurand == "activepower" }
        #expect(energy.count == 56 && energy.filter { $0.quality == .estimated }.count == 6 && message.refusals.isEmpty)
        let first = energy.filter { $0.device == energy[0].device }.map(\.time)
        #expect(Set(first).count < first.count && !first.contains { $0.hasPrefix("2016-07-03T01:00:00") })
    }

    @Test("a bare message in the default namespace") func bare() throws {
        guard let message = try Self.sample("bare_default_ns_1meter_4h") else { return }
        #expect(abs((message.rows.first { $0.measurand == "activepower" }?.value ?? 0) - 1_310.76) < 1e-6)
        #expect(Set(message.rows.map(\.component)) == ["86e1d2aa-cb88-5b38-bfba-f36f313967c7"])
    }
}
