/// The type of a reading after IEC 61968-9, Annex C: eighteen numbers between dots, of which these matter here.
///
/// `0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0` is energy (12) in kilowatt-hours (3, 72) drawn (1) within quarter hours (2, 4).
struct ReadingType {
    /// By the standard's order, from 0.
    enum Field: Int, CaseIterable {
        case macroPeriod, aggregate, measuringPeriod, accumulation, flowDirection, commodity, measurementKind
        case interharmonicNumerator, interharmonicDenominator, argumentNumerator, argumentDenominator, tariff, criticalPeakPeriod
        case consumptionTier, phases, multiplier, unit, currency
    }

    private(set) var fields = [Int](repeating: 0, count: Field.allCases.count)

    init() {}

    /// Reads the code; nil where it is none.
    init?(code: String) {
        let parts = code.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == Field.allCases.count else { return nil }
        for (position, part) in parts.enumerated() {
            guard let number = Int(part), abs(number) < 100_000 else { return nil }
            fields[position] = number
        }
    }

    subscript(field: Field) -> Int {
        get { fields[field.rawValue] }
        set { fields[field.rawValue] = newValue }
    }

    /// Takes an element of a `ReadingType` that is written out (`<flowDirection>forward</flowDirection>`).
    /// - Returns: false where the value is none that is known.
    mutating func set(_ element: String, to text: String) -> Bool {
        guard let field = ReadingTypeNames.fields[element] else { return true }
        guard let number = Int(text) ?? ReadingTypeNames.values[field]?[text] else { return false }
        self[field] = number
        return true
    }

    /// Seconds that a value is of; 0 for an instant.
    var periodSeconds: Double {
        ReadingTypeNames.periodSeconds[self[.measuringPeriod]] ?? ReadingTypeNames.macroPeriodSeconds[self[.macroPeriod]] ?? 0
    }
}

/// What the numbers of a reading type are called in the CIM (IEC 61968-9, Annex C; the enumerations of IEC 61968-11).
enum ReadingTypeNames {
    static let fields: [String: ReadingType.Field] = [
        "macroPeriod": .macroPeriod, "aggregate": .aggregate, "measuringPeriod": .measuringPeriod, "accumulation": .accumulation,
        "flowDirection": .flowDirection, "commodity": .commodity, "measurementKind": .measurementKind, "tou": .tariff,
        "cpp": .criticalPeakPeriod, "consumptionTier": .consumptionTier, "phases": .phases, "multiplier": .multiplier, "unit": .unit,
    ]

    static let values: [ReadingType.Field: [String: Int]] = [
        .macroPeriod: ["none": 0, "billingPeriod": 8, "daily": 11, "monthly": 13, "seasonal": 22, "weekly": 24, "specifiedPeriod": 32],
        .aggregate: [
            "none": 0, "average": 2, "excess": 4, "highThreshold": 5, "lowThreshold": 7, "maximum": 8, "minimum": 9, "nominal": 11,
            "normal": 12, "sum": 26,
        ],
        .measuringPeriod: [
            "none": 0, "tenMinute": 1, "fifteenMinute": 2, "oneMinute": 3, "twentyfourHour": 4, "thirtyMinute": 5, "fiveMinute": 6,
            "sixtyMinute": 7, "twoMinute": 10, "threeMinute": 14, "present": 15, "previous": 16, "twentyMinute": 31,
            "fixedBlock60Min": 50, "fixedBlock30Min": 51, "fixedBlock20Min": 52, "fixedBlock15Min": 53, "fixedBlock10Min": 54,
            "fixedBlock5Min": 55, "fixedBlock1Min": 56,
        ],
        .accumulation: [
            "none": 0, "bulkQuantity": 1, "continuousCumulative": 2, "cumulative": 3, "deltaData": 4, "indicating": 6, "summation": 9,
            "timeDelay": 10, "instantaneous": 12, "latchingQuantity": 13, "boundedQuantity": 14,
        ],
        .flowDirection: [
            "none": 0, "forward": 1, "lagging": 2, "leading": 3, "net": 4, "q1plusQ2": 5, "q1plusQ3": 7, "q1plusQ4": 8, "q1minusQ4": 9,
            "q2plusQ3": 10, "q2plusQ4": 11, "q2minusQ3": 12, "q3plusQ4": 13, "q3minusQ2": 14, "quadrant1": 15, "quadrant2": 16,
            "quadrant3": 17, "quadrant4": 18, "reverse": 19, "total": 20, "totalByPhase": 21,
        ],
        .commodity: ["none": 0, "electricitySecondaryMetered": 1, "electricityPrimaryMetered": 2],
        .measurementKind: [
            "none": 0, "current": 4, "demand": 8, "energy": 12, "frequency": 15, "power": 37, "voltage": 54,
        ],
        .phases: [
            "none": 0, "A": 128, "B": 64, "C": 32, "AN": 129, "BN": 65, "CN": 33, "AB": 132, "BC": 66, "CA": 40, "AC": 40, "ABC": 224,
            "ABCN": 225,
        ],
        .multiplier: ["none": 0, "u": -6, "micro": -6, "m": -3, "k": 3, "M": 6, "G": 9],
        .unit: ["A": 5, "V": 29, "Hz": 33, "W": 38, "VA": 61, "VAr": 63, "VAh": 71, "Wh": 72, "VArh": 73],
    ]

    static let periodSeconds: [Int: Double] = [
        1: 600, 2: 900, 3: 60, 4: 86_400, 5: 1_800, 6: 300, 7: 3_600, 10: 120, 14: 180, 31: 1_200, 50: 3_600, 51: 1_800, 52: 1_200, 53: 900,
        54: 600, 55: 300, 56: 60,
    ]

    static let macroPeriodSeconds: [Int: Double] = [11: 86_400, 24: 604_800]
}
