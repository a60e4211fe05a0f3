import PluginAPI
import PluginTestKit
import Testing

@Suite("What the estimation answers")
struct RouteTests {
    @Test("the grid tells busbars, branches, switches and their places") func grid() throws {
        let grid = try DemoGrid().get("/grid")
        #expect(grid["nodes"]?.elements?.count == 15 && grid["branches"]?.elements?.count == 17 && grid["switches"]?.elements?.count == 34)
        let node = try grid.item("nodes", "N8")
        #expect(node["x"]?.number == 4 && node["y"]?.number == 8 && node["nominal_volts"]?.number == 20_000)
        let branch = try grid.item("branches", "L6-7")
        #expect(branch["kind"]?.text == "line" && branch["from"]?.text == "N6" && branch["rated_amperes"]?.number == 145)
        let device = try grid.item("switches", "L6-7.N6")
        #expect(device["normal_open"]?.boolean == true && device["branch"]?.text == "L6-7" && device["node"]?.text == "N6")
        #expect(grid["sources"]?.elements?.first?["node"]?.text == "N0")
    }

    @Test("observability names what is not determined, and where a meter helps most") func observability() throws {
        let demo = try DemoGrid(pmus: ["N1", "N12"], reports: "")
        try demo.run(seconds: 2)
        let answer = try demo.get("/observability")
        #expect(answer["observable"]?.boolean == false && answer["with_profiles"]?.boolean == true)
        let unobservable = answer["unobservable"]?.elements?.compactMap(\.text) ?? []
        #expect(unobservable.contains("N5") && !unobservable.contains("N1"))
        #expect(try #require(answer["proposals"]?.elements?.first)["quantities"]?.elements?.isEmpty == false)
    }

    @Test("residuals list every measurement, the worst fit first") func residuals() throws {
        let demo = try DemoGrid()
        try demo.run(seconds: 12)
        let rows = try #require(try demo.get("/residuals")["measurements"]?.elements)
        let fits = rows.compactMap { $0["normalized_residual"]?.number }
        #expect(rows.count > 100 && fits == fits.sorted(by: >))
        #expect(rows.contains { $0["name"]?.text == "voltmagnitude of pmu-N3 N3" && $0["unit"]?.text == "pu" })
    }

    @Test("what if a switch closed and the load doubled: a power flow of the estimate tells") func whatIf() throws {
        let demo = try DemoGrid()
        try demo.run(seconds: 12)
        let now = try demo.get("/state")
        let same = try demo.post("/what-if", "{}")
        #expect(same.status == 200 && same.answer["status"]?.text == "what-if")
        for id in ["N3", "N8", "N14"] {
            let estimated = try #require(try now.item("nodes", id)["per_unit"]?.number)
            #expect(abs(try #require(try same.answer.item("nodes", id)["per_unit"]?.number) - estimated) < 0.01)
        }
        let more = try demo.post("/what-if", #"{"switches": {"L6-7.N6": "closed"}, "scale": 2}"#).answer
        #expect(try #require(try more.item("nodes", "N11")["per_unit"]?.number) < (try #require(try now.item("nodes", "N11")["per_unit"]?.number)))
        #expect(try demo.get("/state").item("switches", "L6-7.N6")["position"]?.text == "open")
    }

    @Test(
        "nonsense is refused with what was expected",
        arguments: [
            ("", "the body is not JSON"), ("[]", "the body is a list, expected an object"), (#"{"switch": {}}"#, "unknown key 'switch'"),
            (#"{"switches": {"S": "ajar"}}"#, "expected \"open\" or \"closed\""), (#"{"switches": {"S": "open"}}"#, "the grid has no switch 'S'"),
            (#"{"loads": {"H3": {"p": 1}}}"#, "loads.H3 needs p and q"), (#"{"loads": {"X": {"p": 1, "q": 0}}}"#, "the grid has no load 'X'"),
            (#"{"scale": -1}"#, "scale is -1.0"),
        ])
    func nonsense(body: String, sentence: String) throws {
        let demo = try DemoGrid(pmus: [], reports: "")
        try demo.estimation.advance(by: .seconds(1))
        let refused = try demo.estimation.request("POST", "/what-if", body: body)
        #expect(refused.status == 400 && String(decoding: refused.body, as: UTF8.self).contains(sentence.replacing("\"", with: "\\\"")))
    }

    @Test(
        "wrong configurations are refused with the place and what was expected",
        arguments: [
            ("{}", "config.grid is missing"), (#"{"grid": ["/nowhere.xml"]}"#, "config.measurements is missing"),
            (#"{"grid": ["a"], "measurements": [{"topics": ["t"], "class": "gauge"}]}"#, "class is 'gauge', expected one of pmu, scada, meter"),
            (#"{"grid": ["a"], "measurements": [{"topics": ["t"]}], "switches": {"topic": "switches"}}"#, "expected a topic with one '+'"),
            (#"{"grid": ["a"], "measurements": [{"topics": ["t"]}], "limits": {"voltage_low": 1.2}}"#, "expected below voltage_high"),
            (#"{"grid": ["a"], "measurements": [{"topics": ["t"]}], "period": 0.001}"#, "config.period is 0.001"),
            (#"{"grid": ["a"], "measurements": [{"topics": ["t"]}], "perod": 1}"#, "unknown key 'perod'"),
        ])
    func configurations(config: String, sentence: String) throws {
        let demo = try DemoGrid(pmus: [], reports: "")
        try demo.estimation.stop()
        let error = #expect(throws: ServiceError.self) { try demo.estimation.validate(config) }
        #expect(error?.sentence.contains(sentence) == true, "\(error?.sentence ?? "")")
    }

    @Test("a grid that can't be read keeps the service from starting, with the reason") func noGrid() throws {
        let config = #"{"grid": ["/nowhere.xml"], "measurements": [{"topics": ["t"]}]}"#
        let error = #expect(throws: (any Error).self) {
            try ServiceHarness(library: try ServiceLibrary(built: "StateEstimation"), config: config)
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains("/nowhere.xml"))
    }
}
