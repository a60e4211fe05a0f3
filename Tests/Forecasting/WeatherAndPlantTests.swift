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

    @Test("A net load is told in its parts: what is consumed, what sun and wind behind its meters feed in, in the store and over REST")
    func parts() throws {
        // By the hour since 1970: W/m2, and m/s at the hub.
        func sun(_ hour: Int64) -> Double { 800 * max(0, 1 - abs(Double(hour % 24) - 12) / 7) * (0.4 + 0.6 * Double(hour / 24 % 5) / 4) }
        func wind(_ hour: Int64) -> Double { 3 + Double((hour / 7 * 37) % 11) }
        func turbine(_ hour: Int64) -> Double { 90 / (1 + Self.exponential((9 - wind(hour)) / 1.6)) }
        func net(_ hour: Int64) -> Double { Rig.town(hour) - 0.15 * sun(hour) - turbine(hour) }
        func run(_ day: Int64) -> String {
            let hours = (0..<72).map { day * 24 + Int64($0) }
            func list(_ value: (Int64) -> Double) -> String { hours.map { String(value($0)) }.joined(separator: ", ") }
            return #"{"issued": \#(day * 86_400), "start": \#(day * 86_400), "values": {"irradiance": [\#(list(sun))], "wind_speed_hub": [\#(list(wind))]}}"#
        }
        let series = Rig.load().replacing(#""name": "feeder","#, with: #""name": "feeder", "split": true,"#)
        let rig = try Rig(series: [series]) { $0.store("activepower", of: "meter", tags: Rig.tags(), Rig.history(days: 30, net)) }
        #expect(try rig.refused("GET", "/series/feeder/parts").contains("has no parts yet"))
        for day in Rig.monday / 86_400 - 30...Rig.monday / 86_400 { _ = try rig.post("/weather", run(day)) }
        try rig.run(hours: 2, net)
        _ = try rig.post("/series/feeder/train", "")
        try rig.run(hours: 24 * 9) { hour in
            if hour % 24 == 0 { _ = try? rig.harness.publish("weather/icon", run(hour / 24)) }
            return net(hour)
        }
        let told = try rig.get("/series/feeder/parts", [("days", "2")])
        #expect(abs((told["pv_per_irradiance"]?.number ?? 0) + 0.15) < 0.03 && abs((told["wind_capacity"]?.number ?? 0) + 90) < 12, "\(told)")
        let (load, pv, feed) = (try told.numbers("load"), try told.numbers("pv"), try told.numbers("wind"))
        let median = try rig.message("forecasts/feeder").quantile("q50")
        #expect(load.count == 24)
        for index in load.indices { #expect(abs(load[index] + pv[index] + feed[index] - median[index]) < 0.01 && pv[index] <= 0 && feed[index] <= 0) }
        let past = try #require(told["past"])
        let hours = (0..<48).map { rig.harness.now.nanoseconds / 3_600_000_000_000 - 48 + Int64($0) }
        for (hour, value) in zip(hours, try past.numbers("wind")) { #expect(abs(value + turbine(hour)) < 15, "hour \(hour)") }
        let stored = ["load", "pv", "wind", "q50"].map { rig.harness.points($0, of: "forecast", tags: ["series": "feeder", "lead": "latest"]) }
        #expect(stored[0].last?.time == stored[3].last?.time && stored.prefix(3).allSatisfy { !$0.isEmpty })
        #expect(try rig.message("forecasts/feeder/parts")["wind"]?.elements?.count == 24)
    }

    private static func exponential(_ x: Double) -> Double {
        // By squaring: exact enough for a test, without the C library.
        var value = 1 + x / 1024
        for _ in 0..<10 { value *= value }
        return value
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
