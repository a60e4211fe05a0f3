/// The indicators of a run, as the use cases of Platone's German demonstration define them, from samples of what was measured.
///
/// Without control means here: without batteries, tracking and curtailment, with the same loads at the same time. Energies in kWh, powers in kW.
public struct RunIndicators: Hashable, Sendable {
    /// Time that the samples cover, hours.
    public private(set) var hours = 0.0
    public private(set) var importKWh = 0.0
    public private(set) var exportKWh = 0.0
    public private(set) var peakImportKW = 0.0
    public private(set) var peakExportKW = 0.0
    /// The same without control.
    public private(set) var uncontrolledImportKWh = 0.0
    public private(set) var uncontrolledExportKWh = 0.0
    public private(set) var uncontrolledPeakImportKW = 0.0
    public private(set) var uncontrolledPeakExportKW = 0.0
    public private(set) var generationKWh = 0.0
    public private(set) var curtailedKWh = 0.0
    public private(set) var consumptionKWh = 0.0
    /// Times in which the exchange stayed within 1 % of the transformer's limit, hours each.
    public private(set) var islandHours: [Double] = []
    /// Time in which the assets could still move both ways, hours.
    public private(set) var flexibleHours = 0.0
    /// From a new target to the first sample within 2 % of the transformer's limit of it, seconds each.
    public private(set) var responseSeconds: [Double] = []
    /// Energy in each slot against what was announced.
    public private(set) var slots: [SlotEnergy] = []

    private let limitKW: Double
    private var squares = 0.0
    private var absolute = 0.0
    private var within = 0.0
    private var targeted = 0.0
    private var isIsland = false
    private var target: Double?
    private var waiting: Double?

    /// - Parameter limitKW: the transformer's limit, which bands are a part of.
    public init(limitKW: Double) { self.limitKW = limitKW }

    /// One interval of the run.
    public struct Sample: Hashable, Sendable {
        public var seconds: Double
        /// Mean exchange, positive for import.
        public var exchangeKW: Double
        /// What was wanted; nil if nothing was.
        public var targetKW: Double?
        /// Sum of what batteries took.
        public var storageKW: Double
        /// What photovoltaics generated, and what of them was curtailed.
        public var generationKW: Double
        public var curtailedKW: Double
        /// Whether the assets could have moved up and down.
        public var isFlexible: Bool

        public init(
            seconds: Double, exchangeKW: Double, targetKW: Double? = nil, storageKW: Double = 0, generationKW: Double = 0, curtailedKW: Double = 0,
            isFlexible: Bool = true
        ) {
            self.seconds = seconds
            self.exchangeKW = exchangeKW
            self.targetKW = targetKW
            self.storageKW = storageKW
            self.generationKW = generationKW
            self.curtailedKW = curtailedKW
            self.isFlexible = isFlexible
        }
    }

    /// An energy that was announced for a slot, and what passed in it.
    public struct SlotEnergy: Hashable, Sendable {
        public var name: String
        public var announcedKWh: Double
        public var deliveredKWh: Double
    }

    /// Takes a sample.
    public mutating func add(_ sample: Sample) {
        let span = sample.seconds / 3600
        hours += span
        let exchange = sample.exchangeKW, without = exchange - sample.storageKW - sample.curtailedKW
        importKWh += max(0, exchange) * span
        exportKWh += max(0, -exchange) * span
        uncontrolledImportKWh += max(0, without) * span
        uncontrolledExportKWh += max(0, -without) * span
        (peakImportKW, peakExportKW) = (max(peakImportKW, exchange), max(peakExportKW, -exchange))
        (uncontrolledPeakImportKW, uncontrolledPeakExportKW) = (max(uncontrolledPeakImportKW, without), max(uncontrolledPeakExportKW, -without))
        generationKWh += (sample.generationKW + sample.curtailedKW) * span
        curtailedKWh += sample.curtailedKW * span
        consumptionKWh += max(0, exchange + sample.generationKW - sample.storageKW) * span
        if sample.isFlexible { flexibleHours += span }
        noteIsland(exchange, span)
        if let wanted = sample.targetKW { noteTarget(wanted, exchange, sample.seconds) }
    }

    /// Takes what passed in a slot.
    public mutating func add(slot name: String, announcedKWh: Double, deliveredKWh: Double) {
        slots.append(SlotEnergy(name: name, announcedKWh: announcedKWh, deliveredKWh: deliveredKWh))
    }

    private mutating func noteIsland(_ exchange: Double, _ span: Double) {
        let isNow = abs(exchange) <= 0.01 * limitKW
        if isNow, isIsland { islandHours[islandHours.count - 1] += span } else if isNow { islandHours.append(span) }
        isIsland = isNow
    }

    private mutating func noteTarget(_ wanted: Double, _ exchange: Double, _ seconds: Double) {
        if let before = target, before != wanted { waiting = 0 }
        if target == nil { waiting = 0 }
        target = wanted
        let error = abs(exchange - wanted)
        if let passed = waiting {
            if error <= 0.02 * limitKW {
                responseSeconds.append(passed)
                waiting = nil
            } else {
                waiting = passed + seconds
            }
        }
        targeted += seconds
        squares += error * error * seconds
        absolute += error * seconds
        if error <= 0.02 * limitKW { within += seconds }
    }

    /// Energy that was not exchanged because of the control (UC1-K01).
    public var savedKWh: Double { uncontrolledImportKWh + uncontrolledExportKWh - importKWh - exportKWh }
    /// By which part the peak of the feed back into the grid is lower (UC1-K02); nil where there would be none.
    public var backFeedPeakReduction: Double? { uncontrolledPeakExportKW > 0 ? 1 - peakExportKW / uncontrolledPeakExportKW : nil }
    /// 1 − (export + curtailed) / generation; nil without generation.
    public var selfConsumption: Double? { generationKWh > 0 ? 1 - (exportKWh + curtailedKWh) / generationKWh : nil }
    /// 1 − import / consumption; nil without consumption.
    public var selfSufficiency: Double? { consumptionKWh > 0 ? 1 - importKWh / consumptionKWh : nil }
    /// Root mean square of the deviation from the target, kW; nil without a target.
    public var rootMeanSquareKW: Double? { targeted > 0 ? (squares / targeted).squareRoot() : nil }
    /// Mean deviation from the target, kW; nil without a target.
    public var meanDeviationKW: Double? { targeted > 0 ? absolute / targeted : nil }
    /// Part of the time within 2 % of the transformer's limit of the target; nil without a target.
    public var timeWithinBand: Double? { targeted > 0 ? within / targeted : nil }
    /// Part of the time in which flexibility was there.
    public var availability: Double? { hours > 0 ? flexibleHours / hours : nil }
}
