import Foundation
import Runtime
import SiteCalendar
import Testing

@testable import SiteEmulator

/// `emulation.yaml` is read whole, and refused with file and line.
@Suite("Description of a field")
struct SiteDescriptionTests {
    static func folder(_ yaml: String) throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "emulation-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try yaml.write(to: folder.appending(path: "emulation.yaml"), atomically: true, encoding: .utf8)
        return folder
    }

    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test("What is written is what is played, and the rest has its default")
    func whole() throws {
        let folder = try Self.folder("""
            grid: [grid/a_EQ.xml, /b.zip]
            time_zone: Europe/Athens
            customers:
              - {at: H1, annual_kwh: 3500, pv_kw: 8, pv_id: pv-1, battery: {id: bat-1, kw: 5, kwh: 10}, vehicle: {id: ev-1, kw: 11}}
              - {at: T1, annual_kwh: 200000, shape: G0, customers: 40, meter: late}
            trouble: {lag: {assets: [bat-1], for: 2m}, cuts: [{at: "13:30", for: 5m}]}
            """)
        defer { try? FileManager.default.removeItem(at: folder) }
        let description = try SiteDescription(folder: folder.path())
        #expect(description.gridPaths == [folder.path() + (folder.path().hasSuffix("/") ? "" : "/") + "grid/a_EQ.xml", "/b.zip"])
        #expect(description.zone.name == "Europe/Athens" && description.stepSeconds == 10 && description.seed == 1)
        let house = try #require(description.customers.first)
        #expect(house.meter == .live && house.shape == .H0 && house.count == 1 && house.freeRoofKW == 0)
        #expect(house.assets.map(\.id) == ["bat-1", "ev-1", "pv-1"])
        #expect(house.assets.map(\.capacityKWh) == [10, 50, 0] && house.assets.map(\.feedKW) == [5, 0, 8])
        #expect(description.customers[1].meter == .late && description.customers[1].count == 40)
        #expect(description.gateways == ["bat-1": "gateway-H1", "ev-1": "gateway-H1", "pv-1": "gateway-H1"])
        #expect(description.trouble.lagSeconds == 120 && description.trouble.cuts.map(\.beginSecond) == [48_600])
        #expect(description.meters.deliverySecond == 21_600 && description.assets.holdSeconds == 300 && description.weather == nil)
    }

    @Test("Each mistake is told with its line", arguments: [
        ("grid: [a]\ncustomers:\n  - {annual_kwh: 1}", "emulation.yaml:3: a customer lacks the key 'at' (expected the mRID of a load"),
        ("grid: [a]\ncustomers:\n  - {at: A, anual_kwh: 1}", "emulation.yaml:3: unknown key 'anual_kwh' in a customer (did you mean 'annual_kwh'?"),
        ("grid: [a]\ncustomers:\n  - {at: A, annual_kwh: 1,\n     meter: daily}", "emulation.yaml:4: 'meter' of a customer has an unknown value"),
        ("grid: [a]\ntime_zone: Europe/Atlantis", "emulation.yaml:2: 'time_zone' is 'Europe/Atlantis' (expected a zone"),
        ("grid: [a]\nstep: 10", "emulation.yaml:2: 'step' of emulation.yaml is malformed"),
        ("grid: [a]\ntrouble:\n  cuts: [{at: 25, for: 1m}]", "emulation.yaml:3: 'at' of a cut is malformed (expected a time such as \"06:30\""),
        ("grid: [a]\ntrouble:\n  lag: {share: 2}", "emulation.yaml:3: 'share' of emulation.yaml.trouble.lag is out of range (expected 0.0 … 1.0; got 2)"),
        ("seed: 1", "emulation.yaml:1: emulation.yaml lacks the key 'grid'"),
        ("grid: [a]\ndatabus: {password: \"${DSOTP_NO_SUCH}\"}", "emulation.yaml:2: the environment variable DSOTP_NO_SUCH is not set"),
    ])
    func mistakes(yaml: String, expected: String) throws {
        let folder = try Self.folder(yaml)
        defer { try? FileManager.default.removeItem(at: folder) }
        let error = #expect(throws: ManifestErrors.self) { try SiteDescription(folder: folder.path()) }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "nothing")")
    }

    @Test("The sites' fields fit their grids", arguments: ["germany", "greece"])
    func sites(site: String) throws {
        let folder = Self.repository.appending(path: "manifests/\(site)")
        #expect(try Emulation.summary(of: SiteDescription(folder: folder.path())).hasSuffix("in order"))
    }

    @Test("What the grid does not have is refused by its name")
    func unknown() throws {
        let grid = Self.repository.appending(path: "manifests/germany/grid").path()
        let files = ["EQ", "SSH"].map { "\(grid)/abbenhausen_\($0).xml" }.joined(separator: ", ")
        for (part, expected) in [
            ("customers: [{at: H900, annual_kwh: 1}]", "the customer at 'H900', which is no load"),
            ("pmus: [{device: p, at: ONS, bay: H01}]", "the PMU 'p' at 'H01', which is no switch before a line or transformer"),
            ("customers: [{at: H01, annual_kwh: 1}, {at: H01, annual_kwh: 2}]", "two customers or batteries are at the load 'H01'"),
            ("batteries: [{at: BESS, id: b, kw: 1}]\ncustomers: [{at: H01, annual_kwh: 1, battery: {id: b, kw: 1}}]", "two assets are called 'b'"),
        ] {
            let folder = try Self.folder("grid: [\(files)]\n\(part)")
            defer { try? FileManager.default.removeItem(at: folder) }
            let description = try SiteDescription(folder: folder.path())
            let error = #expect(throws: EmulationError.self) { try Field(description, beginning: 0) }
            #expect(error?.description.contains(expected) == true, "\(error?.description ?? "nothing")")
        }
    }
}
