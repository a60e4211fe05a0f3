internal import PluginAPI

/// What a reading type makes of a value: a measurand of the platform, a phase and a factor.
struct ReadingMeaning {
    let measurand: StaticString
    /// Empty for all phases together.
    let phase: StaticString
    /// What the value is multiplied by to be in the measurand's unit.
    let factor: Double
    /// The value is the mean over so many seconds before its stamp; 0 for an instant.
    let intervalSeconds: Double

    /// - Parameter period: of the reading itself, where the type tells none.
    /// - Throws: why the platform has no use for it, as the end of a sentence that begins with the reading.
    init(_ type: ReadingType, period: Double) throws(MessageRefusal) {
        try Self.check(type)
        phase = try Self.phase(type)
        guard (-12...12).contains(type[.multiplier]) else {
            throw MessageRefusal("has the multiplier 10^\(type[.multiplier]), expected between -12 and 12")
        }
        var scale = 1.0
        for _ in 0..<abs(type[.multiplier]) { scale *= type[.multiplier] > 0 ? 10 : 0.1 }
        let seconds = type.periodSeconds > 0 ? type.periodSeconds : period
        switch type[.unit] {
        case 72, 73:
            (measurand, factor, intervalSeconds) = try Self.energy(type, scale, seconds)
        case 38, 63:
            measurand = try Self.power(type, isReactive: type[.unit] == 63)
            (factor, intervalSeconds) = (scale, Self.mean(type, seconds))
        // Excursions, imbalance and angles are kinds of their own.
        case 29 where [0, 54, 158].contains(type[.measurementKind]): (measurand, factor, intervalSeconds) = ("voltmagnitude", scale, Self.mean(type, seconds))
        case 5: (measurand, factor, intervalSeconds) = ("currmagnitude", scale, Self.mean(type, seconds))
        case 33: (measurand, factor, intervalSeconds) = ("frequency", scale, Self.mean(type, seconds))
        default:
            throw MessageRefusal(
                "has the unit \(type[.unit]) of the kind \(type[.measurementKind]), expected Wh, varh, W, var, V (to ground), A or Hz: 72, 73, 38, 63, 29, 5 or 33")
        }
    }

    /// Values that say something of a part of the time or of what flows only.
    private static func check(_ type: ReadingType) throws(MessageRefusal) {
        guard (0...2).contains(type[.commodity]) else {
            throw MessageRefusal("has the commodity \(type[.commodity]), expected electricity: 1 or 2")
        }
        guard [0, 2, 26].contains(type[.aggregate]) else {
            throw MessageRefusal("is an extreme or a threshold of its period (aggregate \(type[.aggregate])), expected a mean, a sum or a value: 2, 26 or 0")
        }
        for field in [ReadingType.Field.interharmonicNumerator, .argumentNumerator, .tariff, .criticalPeakPeriod, .consumptionTier] where type[field] != 0 {
            throw MessageRefusal("is of a harmonic, an angle, a tariff or a tier alone (field \(field.rawValue + 1) is \(type[field])), expected the whole: 0")
        }
    }

    private static func phase(_ type: ReadingType) throws(MessageRefusal) -> StaticString {
        switch type[.phases] {
        case 0, 224, 225: return ""
        case 128, 129: return "A"
        case 64, 65: return "B"
        case 32, 33: return "C"
        default: throw MessageRefusal("is of the phases \(type[.phases]), expected A, B, C or all: 128, 64, 32, 224 or 0")
        }
    }

    /// An instantaneous value is of its stamp, all others are means.
    private static func mean(_ type: ReadingType, _ seconds: Double) -> Double { type[.accumulation] == 12 ? 0 : seconds }

    /// Energy of an interval becomes its mean power; a register stays what it is.
    private static func energy(
        _ type: ReadingType, _ scale: Double, _ seconds: Double
    ) throws(MessageRefusal) -> (StaticString, Double, Double) {
        let isReactive = type[.unit] == 73
        switch type[.accumulation] {
        case 1, 2, 3, 9:
            let isReverse = try isReverse(type, isReactive: isReactive)
            let names: (StaticString, StaticString) = isReactive ? ("reactiveenergy", "reactiveenergy_reverse") : ("activeenergy", "activeenergy_reverse")
            return (isReverse ? names.1 : names.0, scale, 0)
        case 0, 4, 6:
            guard seconds > 0 else { throw MessageRefusal("has energy of an interval that is told nowhere: neither its type nor a timePeriod says how long") }
            return (try power(type, isReactive: isReactive), scale * 3_600 / seconds, seconds)
        default: throw MessageRefusal("has energy of the accumulation \(type[.accumulation]), expected deltaData or a register: 4, or 1, 2, 3 or 9")
        }
    }

    /// What is drawn, or fed in, which a meter counts apart.
    private static func power(_ type: ReadingType, isReactive: Bool) throws(MessageRefusal) -> StaticString {
        let isReverse = try isReverse(type, isReactive: isReactive)
        if isReactive { return isReverse ? "reactivepower_reverse" : "reactivepower" }
        return isReverse ? "activepower_reverse" : "activepower"
    }

    private static func isReverse(_ type: ReadingType, isReactive: Bool) throws(MessageRefusal) -> Bool {
        switch type[.flowDirection] {
        case 0, 1, 4: return false
        case 19: return true
        // Active power is drawn in quadrants 1 and 4, reactive in 1 and 2.
        case 8 where !isReactive, 5 where isReactive, 2 where isReactive: return false
        case 10 where !isReactive, 13 where isReactive, 3 where isReactive: return true
        default:
            throw MessageRefusal(
                "has the flow direction \(type[.flowDirection]), expected forward, reverse or net (1, 19, 4), or the two quadrants that make these up")
        }
    }
}

/// What a quality code after IEC 61968-9, Annex D says: the system that gave it, a category, a detail.
enum ReadingQualityCode {
    /// The platform's quality; nil where the text is no code.
    static func quality(_ code: some StringProtocol) -> Quality? {
        let parts = code.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 3, let category = parts[1], let detail = parts[2] else { return nil }
        switch category {
        // Valid; diagnostics; derived by arithmetic of others.
        case 0, 1, 11: return .good
        // Power quality, tampering, collection, validation, questionable.
        case 2, 3, 4, 6, 10: return .questionable
        // What head ends call an error.
        case 5: return detail == 257 ? .invalid : .questionable
        case 7: return .substituted
        // Estimated, projected.
        case 8, 12: return .estimated
        case 9: return .invalid
        default: return .questionable
        }
    }
}
