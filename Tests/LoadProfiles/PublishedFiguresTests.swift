import Foundation
import LoadProfiles
import SiteCalendar
import Testing

/// The profiles against figures that others publish, where the reference data is at hand.
@Suite("Load profiles against published figures")
struct PublishedFiguresTests {
    static let folder: URL = {
        if let named = ProcessInfo.processInfo.environment["DSOTP_REFERENCE_DATA"] { return URL(filePath: named) }
        let root = URL(filePath: #filePath).resolvingSymlinksInPath().pathComponents.dropLast(3)
        return URL(filePath: "/" + root.dropFirst().dropLast().joined(separator: "/")).appending(path: "shared/data")
    }()

    static func rows(_ path: String) throws -> [[Double]]? {
        let file = folder.appending(path: "profiles/\(path)")
        guard FileManager.default.fileExists(atPath: file.path) else {
            print("SKIPPED: \(file.path) is missing; set DSOTP_REFERENCE_DATA to the folder of the reference data")
            return nil
        }
        return try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline).map { line in
            line.split(separator: ",").dropFirst().compactMap { Double($0) }
        }.filter { !$0.isEmpty }
    }

    @Test(
        "a workday of each month is as BDEW publishes it, but for what three seasons can't tell",
        arguments: [(LoadProfile.household, "h25", 0.12), (.business, "g25", 0.12), (.agriculture, "l25", 0.12)])
    func published(profile: LoadProfile, file: String, tolerance: Double) throws {
        guard let rows = try Self.rows("bdew_slp/\(file).csv") else { return }
        #expect(rows.count == 96)
        // Wednesdays of 2025, and the day of the year that the household profile is scaled with.
        for (month, day) in [14, 42, 70, 105, 140, 168, 196, 224, 259, 287, 322, 343].enumerated() {
            let midnight = 1_735_689_600.0 + Double(day) * 86_400
            let published = rows.map { $0[3 * month + 2] * 4 / 114.155 }
            let dynamic = profile == .household ? Self.dynamisation(Double(day + 1)) : 1
            let ours = (0..<96).map { profile.share(at: midnight + Double($0) * 900, site: ProfileSite(zone: .utc, holidays: HolidayCalendar(country: "DE"))) }
            let error = zip(ours, published).reduce(0) { $0 + ($1.0 - dynamic * $1.1) * ($1.0 - dynamic * $1.1) }
            #expect((error / 96).squareRoot() < tolerance, "month \(month + 1): \((error / 96).squareRoot())")
        }
    }

    /// As the profile's users compute it: four decimals.
    static func dynamisation(_ t: Double) -> Double {
        -3.92e-10 * t * t * t * t + 3.2e-7 * t * t * t - 7.02e-5 * t * t + 2.1e-3 * t + 1.24
    }

    @Test("households of the IEEE European feeder lie as far from their common shape as is said") func households() throws {
        guard let rows = try Self.rows("ieee_eu_lv_100x1min/load_profiles_kw.csv") else { return }
        let quarters: [[Double]] = (0..<96).map { quarter in
            (0..<100).map { house in
                var sum = 0.0
                for minute in 0..<15 { sum += rows[15 * quarter + minute][house] }
                return sum / 15
            }
        }
        let means: [Double] = (0..<100).map { house in quarters.reduce(0.0) { $0 + $1[house] } / 96 }
        let all = means.reduce(0.0, +)
        for count in [1, 5, 20] {
            var (sum, samples) = (0.0, 0.0)
            for first in stride(from: 0, to: 100, by: count) {
                let own = means[first..<first + count].reduce(0.0, +)
                for quarter in quarters {
                    let expected = own * quarter.reduce(0.0, +) / all
                    let error = (quarter[first..<first + count].reduce(0.0, +) - expected) / own
                    sum += error * error
                    samples += 1
                }
            }
            let told = ProfileUncertainty().sigmaWatts(annualKilowattHours: 8_760, customers: count) / 1_000
            #expect((0.75...1.25).contains((sum / samples).squareRoot() / told), "\(count): \((sum / samples).squareRoot()) against \(told)")
        }
    }
}
