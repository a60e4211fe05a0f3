import Foundation
import PluginAPI
import Testing

@testable import SiteEmulator

/// What devices say, when, and who does not.
@Suite("Devices of the field")
struct DevicesTests {
    static func value(_ bytes: [UInt8]) throws -> JSONValue { try bytes.withUnsafeBytes { bytes in try JSONValue(bytes) } }

    @Test("The clock follows the host's message and leaves nonsense")
    func clock() {
        let clock = FieldClock(begin: Timestamp(seconds: 1_000), speed: 2)
        #expect(abs(clock.now - 1_000) < 5 && !clock.isTold)
        #expect(!clock.take(Array("{}".utf8)) && !clock.take(Array(#"{"time":"2026-06-01T00:00:00Z","at":"x","speed":1}"#.utf8)) && !clock.isTold)
        #expect(clock.take(Array(#"{"time":"2026-06-01T00:00:00.000000000Z","at":"2020-01-01T00:00:00.000000000Z","speed":0.5}"#.utf8)))
        let machine = Date.now.timeIntervalSince1970
        #expect(abs(clock.now - (1_780_272_000 + (machine - 1_577_836_800) * 0.5)) < 5 && clock.isTold && clock.speed == 0.5)
        #expect(!clock.take(Array(#"{"time":"2026-06-01T00:00:00.000000000Z","at":"2020-01-01T00:00:00.000000000Z","speed":0.5}"#.utf8)))
    }

    @Test("A device forgets the oldest of what it has to say when its memory is full, and nothing more, also while that is on its way")
    func queue() {
        var queue = LetterQueue(longest: 10)
        func number(_ letter: Letter) -> Int { Int(letter.topic) ?? -1 }
        func append(_ numbers: Range<Int>) -> [Bool] {
            numbers.map { queue.append(Letter(topic: "\($0)", payload: [], qos: 1, retain: false)) }
        }
        #expect(append(0..<10).allSatisfy { $0 })
        let (sent, end) = queue.next(6)
        #expect(sent.map { number($0) } == Array(0..<6))
        #expect(append(10..<14) == [false, false, false, false])
        queue.remove(before: end)
        #expect(queue.next(1).0.map { number($0) } == [6] && queue.count == 8)
        let (others, later) = queue.next(2)
        #expect(append(14..<20).count { !$0 } == 4 && others.count == 2)
        queue.remove(before: later)
        #expect(queue.next(1).0.map { number($0) } == [10] && queue.count == 10)
    }

    @Test("An asset reports what the balancing reads, and announces itself where it shall")
    func report() throws {
        var asset = FieldAsset(FieldAssetTests.battery)
        asset.obey(kilowatts: 4, from: 0, until: 100)
        asset.advance(FieldAssetTests.around(10), seconds: 10, noise: FieldAssetTests.noise)
        let report = try Self.value(DeviceMessages.report(asset, temperature: 5, time: 1_780_272_000, community: "x"))
        #expect(report["timestamp"]?.text == "2026-06-01T00:00:00Z" && report["power_kw"]?.number == 4 && report["band_kw"]?[0]?.number == -10)
        #expect(report["community"]?.text == "x" && report["kind"]?.text == "battery" && report["capacity_kwh"]?.number == 20)
        #expect(try Self.value(DeviceMessages.report(asset, temperature: 5, time: 0, community: nil))["kind"] == nil)
    }

    @Test("Set-points of the arbiter are read in their unit; others are left", arguments: [
        (#"{"command": 7, "value": -5, "unit": "kW"}"#, -5.0), (#"{"command": 7, "value": 2500, "unit": "W"}"#, 2.5), (#"{"command": 7, "value": 3}"#, 3.0),
        (#"{"command": 7, "value": 3, "unit": "V"}"#, nil), (#"{"value": 3}"#, nil), ("stop", nil),
    ])
    func setPoint(text: String, kilowatts: Double?) { #expect(SetPoint(Array(text.utf8))?.kilowatts == kilowatts) }

    @Test("A device reports once a period of the site's time, whatever the pace")
    func schedule() {
        var schedule = ReportSchedule()
        let times = stride(from: 100.0, to: 200, by: 3).filter { schedule.isDue("a", every: 10, at: $0) }
        #expect(times == [100, 112, 121, 130, 142, 151, 160, 172, 181, 190])
        let other = schedule.isDue("b", every: 10, at: 190)
        #expect(other)
    }

    @Test("Day-late readings are energies of quarters, drawn and fed in apart")
    func lateReadings() {
        var message = MeterReadingsMessage()
        message.add(meter: "meter-T1", usagePoint: "T1", powers: [(1_780_272_000, 10), (1_780_272_900, -2)])
        let text = String(decoding: message.bytes, as: UTF8.self)
        #expect(text.contains("<timeStamp>2026-06-01T00:15:00Z</timeStamp><value>2.5</value>"))
        #expect(text.contains("<timeStamp>2026-06-01T00:30:00Z</timeStamp><value>0.5</value>") && text.contains("0.0.2.4.19.1.12"))
        #expect(text.hasPrefix("<?xml") && text.hasSuffix("</MeterReadings>") && text.contains("<UsagePoint><mRID>T1</mRID></UsagePoint>"))
    }

    @Test("Shares of assets misbehave, by the seed; cuts take devices by their names")
    func misbehaviour() throws {
        let folder = try SiteDescriptionTests.folder("""
            grid: [a]
            trouble: {lag: {share: 0.5, for: 20s}, refuse: {assets: [a7]}, vanish: {share: 1, for: 15m, every: 1h}, cuts: [{at: "13:00", for: 5m, devices: [gateway-H1]}]}
            customers: [\((0..<100).map { "{at: H\($0), annual_kwh: 1, battery: {id: a\($0), kw: 1}}" }.joined(separator: ", "))]
            """)
        defer { try? FileManager.default.removeItem(at: folder) }
        let misbehaviour = Misbehaviour(try SiteDescription(folder: folder.path()))
        let delays = (0..<100).map { misbehaviour.delay(of: "a\($0)") }
        #expect((30...70).contains(delays.count { $0 == 20 }) && delays[7] == nil && delays.count { $0 == nil } == 1)
        let away = stride(from: 0.0, to: 86_400, by: 60).count { misbehaviour.isAway("a3", at: $0) }
        #expect(abs(away - 24 * 15) <= 24)
        #expect(misbehaviour.isCut("gateway-H12", secondOfDay: 13 * 3600 + 10) && !misbehaviour.isCut("gateway-H2", secondOfDay: 13 * 3600 + 10))
        #expect(!misbehaviour.isCut("gateway-H12", secondOfDay: 13 * 3600 + 301))
    }
}
