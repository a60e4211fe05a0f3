import EmulatedWeather
import Foundation
import Grid
import SiteCalendar
import Testing

@testable import SiteEmulator

/// The truth that devices measure: customers, assets and the grid agree with one another.
@Suite("The field")
struct FieldTests {
    /// 2026-06-01T00:00:00Z.
    static let june = 1_780_272_000.0

    static func field(_ site: String = "germany", at time: Double = june) throws -> Field {
        try Field(SiteDescription(folder: SiteDescriptionTests.repository.appending(path: "manifests/\(site)").path()), beginning: time)
    }

    @Test("The transformer carries what the houses draw and the cables lose")
    func balance() throws {
        var field = try Self.field()
        _ = field.advance(to: Self.june + 12 * 3600)
        #expect(field.grid.failure == nil)
        let houses = field.meteredKW.reduce(0, +) + (field.assets["bess"]?.powerKW ?? 0)
        let exchange = -field.grid.flow(intoBay: "T1.ONS").power.real / 1000
        #expect(houses < -50, "forty roofs feed in at a June noon")
        #expect(exchange > houses && exchange - houses < 0.06 * abs(houses), "\(exchange) against \(houses)")
    }

    @Test("The same seed plays the same day, another time asked for too")
    func repeatable() throws {
        var (first, second) = (try Self.field(), try Self.field())
        _ = first.advance(to: Self.june + 7_200)
        _ = second.advance(to: Self.june + 7_200)
        #expect(first.meteredKW == second.meteredKW)
        let customer = first.description.customers[0]
        #expect(first.customers.load(customer, at: Self.june - 86_400) == second.customers.load(customer, at: Self.june - 86_400))
    }

    @Test("A year of the houses is about what they are said to draw")
    func energies() throws {
        let field = try Self.field()
        var sum = 0.0
        let instants = stride(from: Self.june, to: Self.june + 365 * 86_400, by: 7 * 3600 + 900).map { $0 }
        for time in instants { for customer in field.description.customers { sum += field.customers.load(customer, at: time) } }
        let annual = sum / Double(instants.count) * 8_760, told = field.description.customers.reduce(0) { $0 + $1.annualKilowattHours }
        #expect(abs(annual / told - 1) < 0.05, "\(annual) kWh against \(told)")
    }

    @Test("Quarters of an hour end on the clock, however long the steps are")
    func quarters() throws {
        var field = try Self.field()
        let none = field.advance(to: Self.june + 890), two = field.advance(to: Self.june + 2_000)
        #expect(none.isEmpty && two == [Self.june, Self.june + 900])
        let mean = field.means.last.reduce(0) { $0 + $1.load }
        #expect(mean > 10 && mean < 120)
        // After a jump of the clock it goes on from there.
        let slept = field.advance(to: Self.june + 10 * 86_400)
        #expect(slept.isEmpty && field.time == Self.june + 10 * 86_400)
    }
}

/// What assets do with set-points.
@Suite("Assets of the field")
struct FieldAssetTests {
    static func around(_ time: Double, surplus: Double = 0, temperature: Double = 5, roof: Double = 0) -> FieldAsset.Surroundings {
        FieldAsset.Surroundings(
            time: time, secondOfDay: time.truncatingRemainder(dividingBy: 86_400), day: Int64(time / 86_400), surplusKW: surplus, temperature: temperature, roofKW: roof)
    }

    static let noise = SmoothNoise(seed: 1)
    static let battery = AssetDescription(id: "b", kind: .battery, maximumKW: 10, feedKW: 10, capacityKWh: 20, rampKWPerSecond: 1)

    @Test("A battery goes to its set-point by its ramp, stores it with losses, and falls back to its own rule")
    func battery() {
        var asset = FieldAsset(Self.battery)
        asset.obey(kilowatts: 8, from: 0, until: 300)
        asset.advance(Self.around(5), seconds: 5, noise: Self.noise)
        #expect(asset.powerKW == 5)
        asset.advance(Self.around(10), seconds: 5, noise: Self.noise)
        #expect(asset.powerKW == 8)
        let before = asset.energyKWh
        asset.advance(Self.around(190), seconds: 180, noise: Self.noise)
        #expect(abs(asset.energyKWh - before - 8 * 180 / 3600 * 0.95) < 1e-9)
        asset.advance(Self.around(310, surplus: -3), seconds: 120, noise: Self.noise)
        #expect(asset.powerKW == -3, "without a set-point it covers the house")
    }

    @Test("A full battery charges no more, an empty one gives no more, whatever it is told")
    func bounds() {
        var asset = FieldAsset(Self.battery)
        asset.obey(kilowatts: 30, from: 0, until: 1e9)
        for step in 1...40 { asset.advance(Self.around(Double(step) * 300), seconds: 300, noise: Self.noise) }
        #expect(asset.energyKWh <= 20 && asset.energyKWh > 19 && asset.powerKW == 0 && asset.bandKW(5).upperBound == 0)
        asset.obey(kilowatts: -30, from: 0, until: 1e9)
        for step in 41...100 { asset.advance(Self.around(Double(step) * 300), seconds: 300, noise: Self.noise) }
        #expect(asset.energyKWh >= 0 && asset.energyKWh < 1.1 && asset.powerKW == 0)
    }

    @Test("A lagging set-point begins later")
    func lag() {
        var asset = FieldAsset(Self.battery)
        asset.obey(kilowatts: 8, from: 100, until: 400)
        asset.advance(Self.around(50), seconds: 50, noise: Self.noise)
        #expect(asset.powerKW == 0)
        asset.advance(Self.around(110), seconds: 60, noise: Self.noise)
        #expect(asset.powerKW == 8)
    }

    @Test("What a lagging asset is told meanwhile it does later as well, each at its time")
    func lagInTurn() {
        var asset = FieldAsset(Self.battery)
        for turn in 0..<20 { asset.obey(kilowatts: Double(turn) / 4, from: 30 + 10 * Double(turn), until: 400 + 10 * Double(turn)) }
        asset.advance(Self.around(20), seconds: 20, noise: Self.noise)
        #expect(asset.powerKW == 0)
        asset.advance(Self.around(75), seconds: 55, noise: Self.noise)
        #expect(asset.powerKW == 1)
        asset.advance(Self.around(300), seconds: 225, noise: Self.noise)
        #expect(asset.powerKW == 4.75)
        asset.advance(Self.around(700, surplus: -3), seconds: 400, noise: Self.noise)
        #expect(asset.powerKW == -3)
    }

    @Test("A commanded roof feeds in no more than it is told and the sun gives")
    func roof() {
        var asset = FieldAsset(AssetDescription(id: "p", kind: .photovoltaics, maximumKW: 0, feedKW: 9, capacityKWh: 0, rampKWPerSecond: 5))
        asset.advance(Self.around(10, roof: 6), seconds: 10, noise: Self.noise)
        #expect(asset.powerKW == -6 && asset.availableKW == 6)
        asset.obey(kilowatts: -2, from: 0, until: 100)
        asset.advance(Self.around(20, roof: 6), seconds: 10, noise: Self.noise)
        #expect(asset.powerKW == -2 && asset.availableKW == 6)
        asset.obey(kilowatts: -8, from: 0, until: 100)
        asset.advance(Self.around(30, roof: 6), seconds: 10, noise: Self.noise)
        #expect(asset.powerKW == -6)
    }

    @Test("A vehicle comes in the evening with something to charge, and has it when it leaves")
    func vehicle() {
        var asset = FieldAsset(AssetDescription(id: "ev", kind: .vehicle, maximumKW: 11, feedKW: 0, capacityKWh: 50, rampKWPerSecond: 5))
        var arrivals = 0, charged = 0
        var wasThere = false
        for step in 1...(10 * 288) {
            asset.advance(Self.around(Double(step) * 300), seconds: 300, noise: Self.noise)
            let isThere = asset.need != nil
            if isThere, !wasThere { arrivals += 1 }
            if let need = asset.need, need.kilowattHours == 0, asset.powerKW == 0 { charged += 1 }
            #expect(isThere || asset.powerKW == 0)
            wasThere = isThere
        }
        #expect((5...10).contains(arrivals) && charged > 0)
    }

    @Test("A heat pump keeps its store, more of it when it is cold, and never leaves the house without heat")
    func heater() {
        let description = AssetDescription(id: "hp", kind: .heater, maximumKW: 3, feedKW: 0, capacityKWh: 12, rampKWPerSecond: 1)
        func mean(_ temperature: Double, told: Double?) -> (power: Double, heat: Double) {
            var asset = FieldAsset(description), sum = 0.0
            if let told { asset.obey(kilowatts: told, from: 0, until: 1e9) }
            for step in 1...288 {
                asset.advance(Self.around(Double(step) * 300, temperature: temperature), seconds: 300, noise: Self.noise)
                sum += asset.powerKW
            }
            return (sum / 288, asset.energyKWh)
        }
        #expect(mean(-10, told: nil).power > 3 * mean(15, told: nil).power)
        #expect(abs(mean(0, told: nil).heat - 6) < 1)
        #expect(mean(0, told: 0).power > 0.5, "told to stop, it runs on when the store is empty")
    }
}
