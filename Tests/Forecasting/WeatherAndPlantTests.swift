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

    @Test("Measured weather is joined over restarts and changes of its step, and a what-if answers as of an earlier time")
    func measured() throws {
        let rig = try Rig(series: [Rig.load()]) { $0.store("activepower", of: "meter", tags: Rig.tags(), Rig.history(days: 20)) }
        try rig.run(hours: 3)
        for (start, step) in [("2026-05-30T00:00:00Z", 60), ("2026-05-30T01:00:00Z", 60), ("2026-05-31T00:00:00Z", 15)] {
            _ = try rig.post("/weather", #"{"measured": true, "start": "\#(start)", "step_minutes": \#(step), "values": {"temperature": [11, 12]}}"#)
        }
        func span() throws -> [String?] { [try rig.get("/weather")["measured_from"]?.text, try rig.get("/weather")["measured_until"]?.text] }
        #expect(try span() == ["2026-05-30T00:00:00Z", "2026-05-31T00:30:00Z"], "the other step puts nothing out")
        try rig.harness.stop()
        try rig.harness.configure(Rig.config([Rig.load()])).start()
        #expect(try span() == ["2026-05-30T00:00:00Z", "2026-05-31T00:30:00Z"])
        try rig.run(hours: 1)

        let body = #"{"at": "2026-06-01T01:00:00Z", "horizon_hours": 2, "weather": {"start": "2026-06-01T00:00:00Z", "values": {"temperature": [20]}}}"#
        let then = try rig.post("/series/feeder/forecast", body)
        #expect(then["issued"]?.text == "2026-06-01T01:00:00Z" && then["start"]?.text == "2026-06-01T01:00:00Z")
        let ahead = try rig.get("/series/feeder/forecast", [("kind", "day-ahead"), ("at", "2026-05-31T11:00:00Z")])
        #expect(ahead["issued"]?.text == "2026-05-31T10:00:00Z" && ahead["start"]?.text == "2026-05-31T22:00:00Z", "noon in Berlin, and the day after it")
        #expect(try ahead.quantile("q50").count == 24)
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

        // The runs reach three days. When none comes any more the last is used, and said to be old.
        func flags() throws -> [String] { try #require(try rig.message("forecasts/feeder")["flags"]?.elements).compactMap(\.text) }
        #expect(try !flags().contains("stale-weather"))
        try rig.run(hours: 40, net)
        #expect(try flags().contains("stale-weather"))
        #expect(try rig.message("forecasts/feeder")["quality"]?.text == "degraded")
        try rig.run(hours: 24, net)
        #expect(try rig.message("forecasts/feeder/parts")["wind"]?.elements?.last?.number == nil, "no wind is known: that is no calm")
    }

    private static func exponential(_ x: Double) -> Double {
        // By squaring: exact enough for a test, without the C library.
        var value = 1 + x / 1024
        for _ in 0..<10 { value *= value }
        return value
    }

    @Test("Weather that has just begun is not learnt from and missed by nobody; a week later it is, in a training of its own")
    func newWeather() throws {
        let rig = try Rig(series: [Rig.load()]) { $0.store("activepower", of: "meter", tags: Rig.tags(), Rig.history(days: 30)) }
        func run(_ hour: Int64) -> String {
            let values = (0..<72).map { String(10 + Double((hour + $0) % 24) / 4) }.joined(separator: ", ")
            return #"{"issued": \#(hour * 3600), "start": \#(hour * 3600), "values": {"temperature": [\#(values)]}}"#
        }
        _ = try rig.post("/weather", run(Rig.monday / 3600))
        _ = try rig.post("/weather", #"{"issued": \#(Rig.monday), "start": \#(Rig.monday), "values": {"temprature": [4]}}"#)
        // The first model is trained again, now with what has come of the weather.
        try rig.harness.stop()
        rig.harness.putKeyValue("model/feeder/current", nil)
        try rig.harness.configure(Rig.config([Rig.load()])).start()
        try rig.run(hours: 24)
        let forecast = try rig.message("forecasts/feeder")
        #expect(forecast["quality"]?.text == "good", "\(forecast)")
        try rig.run(hours: 24 * 9) { hour in
            if hour % 24 == 0 { _ = try? rig.harness.publish("weather/icon", run(hour)) }
            return Rig.town(hour)
        }
        let jobs = try #require(try rig.get("/jobs")["jobs"]?.elements)
        #expect(jobs.compactMap { $0["reason"]?.text }.filter { $0.hasPrefix("weather") } == ["weather that the model does not know: temperature"], "\(jobs)")
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
        #expect(try rig.refused("GET", "/reserve", [("series", "a,a")]).contains("'a' twice"))
        // What counts against the sum lets it rise where it falls itself.
        let net = try rig.get("/reserve", [("series", "a,-b")])
        let other = try rig.get("/reserve", [("series", "b")])
        let (rise, fall) = (try net.numbers("up"), try other.numbers("down"))
        for index in rise.indices { #expect(abs(rise[index] - single[index] - fall[index]) < 1e-4) }
        #expect(try net.numbers("median").allSatisfy { abs($0) < 30 }, "two like loads, one against the other")
    }
}
