import Grid
import LiveGrid
import PluginAPI
import Restoration

/// The latest word of every device: positions, trips, indications, each with its time. Times are those of arrival, in seconds of the host's
/// clock: clocks of devices differ, and what counts is what came when.
struct DeviceBoard {
    let model: SwitchingModel
    /// Positions in `Network.switches` by mRID.
    let switchOfID: [String: Int]
    private(set) var positions: [Bool]
    /// Whether a device has reported its position since the start.
    private(set) var isReported: [Bool]
    /// Devices whose position is not known: they report that they are between, or bad quality.
    private(set) var isDoubtful: [Bool]
    private(set) var cycles: [Int: ReclosingCycle] = [:]
    private(set) var lastTrip: [Int: Double] = [:]
    private var passages: [Int: (passage: FaultObservation.Passage, time: Double)] = [:]
    private var voltages: [Int: (isLost: Bool, time: Double)] = [:]
    private var distances: [Int: (ohm: Double, time: Double)] = [:]
    private var equipped: Set<Int>
    private let settings: FaultSettings

    init(_ model: SwitchingModel, _ settings: FaultSettings) {
        self.model = model
        self.settings = settings
        switchOfID = Dictionary(model.network.switches.enumerated().map { ($1.identity.mRID, $0) }, uniquingKeysWith: { first, _ in first })
        positions = model.presentPositions
        isReported = Array(repeating: false, count: positions.count)
        isDoubtful = isReported
        let known = switchOfID
        equipped = Set(settings.indicators.compactMap { known[NetworkIndex.normalised($0)] })
    }

    func device(_ mRID: String) -> Int? { switchOfID[NetworkIndex.normalised(mRID)] }

    /// A switch reports. True if its position is another one.
    mutating func take(_ message: SwitchMessage, of device: Int, at time: Double) -> Bool {
        isReported[device] = true
        isDoubtful[device] = message.isDoubtful
        guard !message.isDoubtful else { return false }
        let isClosed = message.position == .closed
        guard positions[device] != isClosed else { return false }
        positions[device] = isClosed
        if isClosed { cycles[device]?.close(at: time) }
        return true
    }

    /// A command was confirmed: the position is known before the report comes this way.
    mutating func confirm(_ device: Int, isClosed: Bool) {
        positions[device] = isClosed
        isDoubtful[device] = false
        // What we closed ourselves is no reclosing of the device.
        if isClosed { cycles[device] = nil }
    }

    /// A protection reports. True if it tripped.
    mutating func take(_ report: TripReport, of device: Int, at time: Double) -> Bool {
        guard !report.quality.contains(.invalid) else { return false }
        guard report.hasTripped else {
            cycles[device]?.close(at: time)
            return false
        }
        let id = model.network.switches[device].identity.mRID
        var cycle = cycles[device] ?? ReclosingCycle(settings.reclosingOfDevice[id] ?? settings.reclosing)
        cycle.trip(at: time)
        if report.isLockedOut { cycle.lockOut(at: time) }
        cycles[device] = cycle
        lastTrip[device] = time
        if let ohm = report.distanceOhm ?? report.distancePercent.flatMap({ percent in settings.lineOhms[id].map { percent / 100 * $0 } }) {
            distances[device] = (ohm, time)
        }
        return true
    }

    mutating func take(_ report: IndicatorReport, of device: Int, at time: Double) {
        if let passage = report.passage {
            equipped.insert(device)
            passages[device] = (passage, time)
        }
        if let isLost = report.lossOfVoltage { voltages[device] = (isLost, time) }
    }

    /// What belongs to a fault that began with trips at a time.
    ///
    /// - Parameter tripped: devices that tripped because of it.
    func observation(of tripped: [Int], before: [Bool], from time: Double) -> FaultObservation {
        var observation = FaultObservation(positionsBefore: before)
        let earliest = time - settings.indicationSeconds
        for device in model.duties.indices where model.duties[device].interruptsFaults && before[device] {
            if tripped.contains(device) {
                observation.trips[device] = true
            } else if isReported[device], !isDoubtful[device], positions[device] {
                observation.trips[device] = false
            }
        }
        for device in equipped where !model.duties[device].interruptsFaults || observation.trips[device] == nil {
            let latest = passages[device]
            observation.passages[device] = latest.map { $0.time >= earliest || $0.passage == .silent ? $0.passage : .unknown } ?? .silent
        }
        for (device, voltage) in voltages where voltage.time >= earliest { observation.lossOfVoltage[device] = voltage.isLost }
        observation.distances = distances.filter { tripped.contains($0.key) && $0.value.time >= earliest }
            .map { FaultObservation.Distance(device: $0.key, ohm: $0.value.ohm) }
        return observation
    }
}
