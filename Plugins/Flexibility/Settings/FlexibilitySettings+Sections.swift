import FlexibilityMarket
import PluginAPI

/// Sections of the configuration about the market, its execution and the own need.
extension FlexibilitySettings {
    static func market(_ object: ConfigurationObject?) throws(ServiceError) -> Market {
        try object?.allow(["accepts", "price", "penalty", "currency", "offer_minutes", "keeps", "sender", "recipient"])
        var accepts: Set<FlexibilityRequest.Source> = []
        for name in try object?.texts("accepts") ?? [] {
            guard let source = FlexibilityRequest.Source(rawValue: name) else {
                throw .invalidConfiguration("config.market.accepts has '\(name)', expected market, dso, tso or operator")
            }
            accepts.insert(source)
        }
        let currency = try object?.text("currency") ?? "EUR"
        guard currency.utf8.count == 3, currency.utf8.allSatisfy({ (65...90).contains($0) }) else {
            throw .invalidConfiguration("config.market.currency is '\(currency)', expected a code of ISO 4217 such as EUR")
        }
        return Market(
            accepts: accepts, pricePerKWh: try object?.number("price", in: 0...1e6) ?? 0.2, penaltyPerKWh: try object?.number("penalty", in: 0...1e6) ?? 0,
            currency: currency, offerSeconds: (try object?.number("offer_minutes", in: 0.1...100_000) ?? 1440) * 60,
            keeps: try object?.integer("keeps", in: 1...100_000) ?? 1_000, sender: try object?.text("sender") ?? "dso.example",
            recipient: try object?.text("recipient") ?? "agr.example")
    }

    static func activation(_ object: ConfigurationObject?) throws(ServiceError) -> Activation {
        try object?.allow(["period", "lead_seconds", "confirm_seconds", "follow_seconds", "silent_seconds", "tolerance_kw", "recheck_minutes"])
        return Activation(
            period: .nanoseconds(Int64((try object?.number("period", in: 0.1...600) ?? 5) * 1e9)), leadSeconds: try object?.number("lead_seconds", in: 0...3_600) ?? 0,
            confirmSeconds: try object?.number("confirm_seconds", in: 1...86_400) ?? 300,
            followSeconds: try object?.number("follow_seconds", in: 1...86_400) ?? 120, silentSeconds: try object?.number("silent_seconds", in: 1...86_400) ?? 120,
            toleranceKW: try object?.number("tolerance_kw", in: 0.001...1e6) ?? 1, recheckSeconds: (try object?.number("recheck_minutes", in: 0.01...1_440) ?? 15) * 60)
    }

    static func baseline(_ object: ConfigurationObject?) throws(ServiceError) -> (BaselineRules, Verification) {
        try object?.allow(["methods", "days", "best", "adjustment_percent", "adjustment_hours", "wait_minutes", "tolerance_percent", "least_coverage_percent"])
        var methods: [Baseline.Method] = []
        for name in try object?.texts("methods") ?? [] {
            guard let method = Baseline.Method(rawValue: name) else {
                throw .invalidConfiguration("config.baseline.methods has '\(name)', expected \(Baseline.Method.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            methods.append(method)
        }
        if methods.isEmpty { methods = Baseline.Method.allCases }
        let days = try object?.integer("days", in: 1...60) ?? 10, best = try object?.integer("best", in: 1...60) ?? min(5, days)
        guard best <= days else { throw .invalidConfiguration("config.baseline.best is \(best), expected at most days, \(days)") }
        let rules = BaselineRules(
            methods: methods, highDays: HighDays(days: days, best: best, adjustmentLimit: (try object?.number("adjustment_percent", in: 0...100) ?? 20) / 100),
            adjustmentHours: try object?.number("adjustment_hours", in: 0.25...12) ?? 2, waitSeconds: (try object?.number("wait_minutes", in: 0...10_080) ?? 30) * 60)
        let verification = Verification(
            tolerance: (try object?.number("tolerance_percent", in: 0...100) ?? 10) / 100,
            leastCoverage: (try object?.number("least_coverage_percent", in: 1...100) ?? 50) / 100)
        return (rules, verification)
    }

    static func need(_ object: ConfigurationObject?) throws(ServiceError) -> Need? {
        guard let object else { return nil }
        try object.allow(["repeat_minutes", "horizon_hours", "accept", "tariff_at", "energy_price", "violation_price", "highest_tariff"])
        var second: Int?
        if let at = try object.text("tariff_at") {
            let parts = at.split(separator: ":").map { Int($0) }
            guard parts.count == 2, let hour = parts[0], let minute = parts[1], (0..<24).contains(hour), (0..<60).contains(minute) else {
                throw .invalidConfiguration("\(object.path).tariff_at is '\(at)', expected a local time such as 14:00")
            }
            second = hour * 3600 + minute * 60
        }
        return Need(
            repeatSeconds: (try object.number("repeat_minutes", in: 0.1...1_440) ?? 15) * 60, horizonSeconds: (try object.number("horizon_hours", in: 1...72) ?? 24) * 3600,
            isAutomatic: try object.boolean("accept") ?? false, tariffSecond: second, energyPrice: try object.number("energy_price", in: 0...1e4) ?? 0.1,
            violationPrice: try object.number("violation_price", in: 0.01...1e6) ?? 10, highestTariff: try object.number("highest_tariff", in: 0...1e6))
    }
}
