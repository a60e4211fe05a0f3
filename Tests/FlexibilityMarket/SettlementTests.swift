import FlexibilityMarket
import PluginAPI
import Testing

@Suite("Baselines, verification, settlement")
struct SettlementTests {
    @Test("delivered is the deviation in the ordered direction, at most what was ordered; what is not metered is unverified, not zero") func verification() {
        let steps = request(quarters: 6).steps(minutes: 15)
        let metered: [MeteredPeriod?] = [
            .init(meanKW: 50, coverage: 1), .init(meanKW: 65, coverage: 1), .init(meanKW: 5, coverage: 1), .init(meanKW: 38, coverage: 0.7), nil, .init(meanKW: 50, coverage: 0.2),
        ]
        let verified = Verification(tolerance: 0.1).steps(
            steps, ordered: [40, 40, 40, 30, 40, 40], baseline: [10, 10, 10, 10, 10, 10], metered: metered, others: [])
        #expect(verified.map(\.deliveredKW) == [40, 40, 0, 28, nil, nil] && verified.map(\.deficiencyKW) == [0, 0, 40, 2, nil, nil])
        #expect(verified.map(\.isWithinTolerance) == [true, true, false, true, false, false])
        #expect(verified.map(\.quality) == [.good, .good, .good, .partial, .unverified, .unverified])
        let settlement = Settlement(verified, pricePerKWh: 0.2, penaltyPerKWh: 0.1, currency: "EUR", time: noon)
        #expect(abs(settlement.orderedKWh - 57.5) < 1e-9 && abs(settlement.deliveredKWh - 27) < 1e-9)
        #expect(abs(settlement.deficiencyKWh - 10) < 1e-9 && abs(settlement.unverifiedKWh - 20) < 1e-9 && abs(settlement.net - (5.4 - 1)) < 1e-9)
    }

    @Test("less consumption is counted as well as more, and what another order asked of the same assets is not counted") func directions() {
        let steps = request(kilowatts: -40...0, quarters: 2).steps(minutes: 15)
        let metered = [MeteredPeriod(meanKW: -20, coverage: 1), MeteredPeriod(meanKW: 0, coverage: 1)]
        let alone = Verification().steps(steps, ordered: [-40, -40], baseline: [10, 10], metered: metered, others: [])
        #expect(alone.map(\.deliveredKW) == [-30, -10] && alone.map(\.deficiencyKW) == [10, 30])
        let beside = Verification().steps(steps, ordered: [-40, -40], baseline: [10, 10], metered: metered, others: [10, 30])
        #expect(beside.map(\.deliveredKW) == [-40, -40])
    }

    @Test("without a baseline nothing is verified") func noBaseline() {
        let steps = request(quarters: 1).steps(minutes: 15)
        let verified = Verification().steps(steps, ordered: [40], baseline: [.nan], metered: [.init(meanKW: 50, coverage: 1)], others: [])
        #expect(verified[0].quality == .unverified && verified[0].deliveredKW == nil && verified[0].actualKW == 50)
    }

    @Test("meter before, meter after: the straight line between them, or the level before") func line() {
        #expect(MeterBeforeMeterAfter.baseline(before: 10, after: 20, count: 4) == [12, 14, 16, 18])
        #expect(MeterBeforeMeterAfter.baseline(before: 10, after: nil, count: 2) == [10, 10])
    }

    @Test("the X highest of Y days, moved by what the day was like before, within the limit") func highDays() throws {
        let history = [(10.0, 5.0), (30.0, 15.0), (20.0, 10.0), (40.0, 20.0)].map { HighDays.Day(kilowatts: [$0.0, $0.0 + 4], adjustmentKW: $0.1) }
        let rule = HighDays(days: 4, best: 2, adjustmentLimit: 0.2)
        let plain = try #require(rule.baseline(history, sameDayKW: nil))
        #expect(plain.kilowatts == [35, 39] && plain.days == 2)
        // The two highest had 17.5 kW before; the day itself has 20.
        #expect(try #require(rule.baseline(history, sameDayKW: 20)).kilowatts == [37.5, 41.5])
        // Limited to a fifth of the mean level, 37 kW.
        let limited = try #require(rule.baseline(history, sameDayKW: 100)).kilowatts
        #expect(abs(limited[0] - 42.4) < 1e-9 && abs(limited[1] - 46.4) < 1e-9)
        // Days with gaps are passed over.
        let gappy = history.prefix(2) + [HighDays.Day(kilowatts: [99, nil], adjustmentKW: 1)]
        #expect(try #require(rule.baseline(Array(gappy), sameDayKW: nil)).kilowatts == [20, 24])
        #expect(rule.baseline(Array(history.prefix(1)), sameDayKW: nil) == nil)
    }

    @Test("the table of a settlement has a line a period, and no field is taken for a formula") func table() throws {
        let odd = FlexibilityRequest(
            id: "=1+1", location: .congestionPoint("a, \"b\""), intervals: [.init(start: noon, end: noon + .seconds(1800), kilowatts: 0...40)])
        let record = RequestRecord(odd, minutes: 15, actor: "market", now: noon)
        record.verification = Verification().steps(record.steps, ordered: [40, 40], baseline: [10, 10], metered: [.init(meanKW: 50, coverage: 1), nil], others: [])
        let lines = SettlementTable.csv([record]).split(separator: "\r\n")
        #expect(lines.count == 3 && lines[1].hasPrefix(#"'=1+1,1,"a, ""b""",,2026-06-01T12:00:00Z,2026-06-01T12:15:00Z,10.0,40.0,50.0,40.0,0.0,good"#))
        #expect(lines[2].contains(",,,,unverified,"))
    }
}
