import PluginAPI
import PluginTestKit
import Testing

@Suite("Weather, plants, reserve")
struct WeatherAndPlantTests {
    static let plant = #"""
        {"name": "roof", "kind": "pv", "unit": "kW", "step_minutes": 60, "capacity": 100, "latitude": 51.4, "longitude": 7.0, "tilt": 30,
         "azimuth": 180, "sum": [{"measurement": "meter", "tags": {"device": "m1"}, "field": "activepower", "factor": 0.001}],
         "pseudo": {"at": "PV-1", "factor": -1000}}
        """#

    static func weather(issued: Int64, irradiance: Double) -> String {
        let values = (0..<48).map { hour in String(irradiance * max(0, 1 - abs(Double(hour % 24) - 12) / 7)) }
        return #"{"issued": \#(issued), "start": \#(issued), "step_minutes": 60, "values": {"irradiance": [\#(values.joined(separator: ", "))]}}"#
    }

    @Test("A plant is dark at night and never above its capacity from the first day on, and stands for a load in the estimation")
    func plant() throws {
        let rig = try Rig(series: [Self.plant])
        try rig.harness.publish("weather/icon", Self.weather(issued: Rig.monday, irradiance: 900))
        try rig.run(hours: 13) { hour in 90 * max(0, 1 - abs(Double(hour % 24) - 11.5) / 7) }
        let forecast = try rig.message("forecasts/roof")
        let (low, high) = (try forecast.quantile("q05"), try forecast.quantile("q95"))
        #expect(low.allSatisfy { $0 >= 0 } && high.allSatisfy { $0 <= 105 })
        // Hours 13 … 36 of UTC at seven degrees east in June: dark from 20 to 3.
        for index in 0..<24 where (21...26).contains(13 + index) { #expect(high[index] == 0, "hour \(13 + index) is dark") }
        #expect(high[23] > 20, "the next noon is not")
        let pseudo = try rig.message("pseudo/PV-1")
        #expect((pseudo["readings"]?[0]?["data"]?.number ?? 0) < 0, "generation is negative consumption")
        #expect((pseudo["readings"]?[0]?["uncertainty"]?.number ?? 0) > 0)
    }

    @Test("Given weather answers what if, changes nothing, and runs come in by REST, kept over a restart")
    func whatIf() throws {
        let rig = try Rig(series: [Self.plant])
        for day in 0..<2 { // Two days of readings under a sky that is known.
            try rig.harness.publish("weather/icon", Self.weather(issued: Rig.monday + Int64(day) * 86_400, irradiance: 900))
            try rig.run(hours: 24) { hour in 90 * max(0, 1 - abs(Double(hour % 24) - 11.5) / 7) }
        }
        let now = rig.harness.now.nanoseconds / 1_000_000_000
        let dull = try rig.post("/series/roof/forecast", #"{"weather": \#(Self.weather(issued: now - now % 86_400, irradiance: 100))}"#)
        let bright = try rig.post("/series/roof/forecast", #"{"weather": \#(Self.weather(issued: now - now % 86_400, irradiance: 900))}"#)
        #expect(dull["kind"]?.text == "what-if")
        #expect(try dull.quantile("q50").reduce(0, +) < 0.5 * (try bright.quantile("q50").reduce(0, +)), "\(dull) \(bright)")
        #expect(try rig.get("/weather")["runs"]?.integer == 2)
        _ = try rig.post("/weather", Self.weather(issued: Rig.monday + 2 * 86_400, irradiance: 500))
        #expect(try rig.get("/weather")["runs"]?.integer == 3)
        try rig.harness.stop()
        try rig.harness.configure(Rig.config([Self.plant])).start()
        #expect(try rig.get("/weather")["runs"]?.integer == 3)
        #expect(try rig.get("/weather")["quantities"]?.elements?.compactMap(\.text) == ["irradiance"])
    }

    @Test("What comes later changes no forecast; one as of an earlier time is made from what was known then, by a model that knows better")
    func asOf() throws {
        func rig(_ later: @escaping (Int64) -> Double) throws -> Rig {
            let rig = try Rig(series: [Rig.load()]) { $0.store("activepower", of: "meter", tags: Rig.tags(), Rig.history(days: 30)) }
            try rig.run(hours: 5)
            try rig.run(hours: 5, later)
            return rig
        }
        let (usual, other) = (try rig(Rig.town), try rig { Rig.town($0) * 1.5 })
        func published(_ rig: Rig) -> [[UInt8]] { rig.harness.published.filter { $0.topic == "forecasts/feeder" }.map(\.payload) }
        #expect(published(usual).count == 12)
        #expect(Array(published(usual)[..<7]) == Array(published(other)[..<7]), "until the load changes, byte for byte")
        #expect(published(usual)[7...] != published(other)[7...])

        let query = [("at", "2026-06-01T05:00:00Z"), ("horizon_hours", "6")]
        let (first, second) = (try usual.get("/series/feeder/forecast", query), try other.get("/series/feeder/forecast", query))
        #expect(first["kind"]?.text == "as-of" && first["hindsight"]?.boolean == true)
        let (medians, others) = (try first.quantile("q50"), try second.quantile("q50"))
        #expect(medians.count == 6)
        for (one, two) in zip(medians, others) { #expect(abs(one - two) < 0.08 * one, "half as much again came later, and is not in it") }
        #expect(try usual.get("/series/feeder/forecast", [("horizon_hours", "6")])["hindsight"]?.boolean == false)
    }

    @Test("The reserve of a sum lies between independent errors and errors in step")
    func reserve() throws {
        let rig = try Rig(series: [Rig.load("a", device: "m1"), Rig.load("b", device: "m2")]) { harness in
            for device in ["m1", "m2"] { harness.store("activepower", of: "meter", tags: Rig.tags(device), Rig.history(days: 30)) }
        }
        try rig.run(hours: 2)
        let reserve = try rig.get("/reserve", [("series", "a,b"), ("probability", "0.9")])
        let one = try rig.get("/reserve", [("series", "a")])
        let (up, independent, single) = (try reserve.numbers("up"), try reserve.numbers("up_independent"), try one.numbers("up"))
        #expect(up.count == 24)
        for index in up.indices { #expect(independent[index] <= up[index] && single[index] <= up[index] && up[index] > 0) }
        #expect(try rig.refused("GET", "/reserve", [("series", "c")]).contains("there is no series 'c'"))
        #expect(try rig.refused("GET", "/reserve", [("probability", "1")]).hasPrefix("400"))
    }
}
