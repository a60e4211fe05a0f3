import Glibc

/// One phasor measurement unit on a low-voltage busbar: three phases of voltage and current, frequency and its rate of change.
///
/// Magnitudes drift slowly (load, tap changes) and carry the noise of a good instrument: 0.02 % voltage, 0.05 % current,
/// 0.1 mrad angle, 0.5 mHz frequency.
struct EmulatedPMU {
    let device: String
    private let component = "BUS1"
    private let nominalVolts = 230.0
    private let nominalAmperes: Double
    private let powerFactorAngle: Double
    private let positionAngle: Double
    private var voltageDrift = [0.0, 0.0, 0.0]
    private var currentDrift = [0.0, 0.0, 0.0]
    private var noise: SeededNoise

    init(number: Int, seed: UInt64) {
        device = EmulatedPMU.name(number: number)
        noise = SeededNoise(seed: seed &+ UInt64(number) &* 7919)
        nominalAmperes = 25 + 60 * noise.uniform()
        powerFactorAngle = -0.05 - 0.3 * noise.uniform()
        positionAngle = -0.03 * noise.uniform()
    }

    /// `pmu-0001`, `pmu-0002`, …
    static func name(number: Int) -> String {
        let digits = String(number)
        return "pmu-" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// Appends the frame of this moment as the platform's PMU JSON (voltages phase to ground in V RMS, angles in radian,
    /// currents in A, frequency in Hz, rate of change in Hz/s).
    mutating func appendFrame(to bytes: inout [UInt8], milliseconds: Int64, frequency: GridFrequency, seconds: Double) {
        drift(seconds: seconds)
        bytes.append(contentsOf: #"{"device":""#.utf8)
        bytes.append(contentsOf: device.utf8)
        bytes.append(contentsOf: #"","timestamp":"#.utf8)
        bytes.append(contentsOf: String(milliseconds).utf8)
        bytes.append(contentsOf: #","readings":["#.utf8)
        for phase in 0..<3 { appendPhase(phase, to: &bytes, angle: frequency.angle) }
        let hertz = GridFrequency.nominalHertz + frequency.deviation + 0.0005 * noise.gaussian()
        appendReading("frequency", "A", hertz, decimals: 4, to: &bytes)
        appendReading("rocof", "A", frequency.rateOfChange + 0.02 * noise.gaussian(), decimals: 3, to: &bytes, last: true)
        bytes.append(contentsOf: "]}".utf8)
    }

    private mutating func drift(seconds: Double) {
        let keep = exp(-seconds / 60), fresh = (1 - keep * keep).squareRoot()
        for phase in 0..<3 {
            voltageDrift[phase] = voltageDrift[phase] * keep + 0.008 * fresh * noise.gaussian()
            currentDrift[phase] = currentDrift[phase] * keep + 0.20 * fresh * noise.gaussian()
        }
    }

    private mutating func appendPhase(_ phase: Int, to bytes: inout [UInt8], angle: Double) {
        let name = ["A", "B", "C"][phase]
        let phaseAngle = angle + positionAngle - Double(phase) * 2 * .pi / 3
        let volts = nominalVolts * (1 + voltageDrift[phase]) * (1 + 0.0002 * noise.gaussian())
        let amperes = nominalAmperes * max(0.05, 1 + currentDrift[phase]) * (1 + 0.0005 * noise.gaussian())
        let voltageAngle = remainder(phaseAngle + 0.0001 * noise.gaussian(), 2 * .pi)
        let currentAngle = remainder(phaseAngle + powerFactorAngle + 0.0001 * noise.gaussian(), 2 * .pi)
        appendReading("voltmagnitude", name, volts, decimals: 3, to: &bytes)
        appendReading("voltangle", name, voltageAngle, decimals: 5, to: &bytes)
        appendReading("currmagnitude", name, amperes, decimals: 3, to: &bytes)
        appendReading("currangle", name, currentAngle, decimals: 5, to: &bytes)
    }

    private func appendReading(
        _ measurand: String, _ phase: String, _ value: Double, decimals: Int, to bytes: inout [UInt8], last: Bool = false
    ) {
        bytes.append(contentsOf: #"{"component":""#.utf8)
        bytes.append(contentsOf: component.utf8)
        bytes.append(contentsOf: #"","measurand":""#.utf8)
        bytes.append(contentsOf: measurand.utf8)
        bytes.append(contentsOf: #"","phase":""#.utf8)
        bytes.append(contentsOf: phase.utf8)
        bytes.append(contentsOf: #"","data":"#.utf8)
        appendDecimal(value, decimals: decimals, to: &bytes)
        bytes.append(contentsOf: (last ? "}" : "},").utf8)
    }
}

/// Appends `value` with a fixed number of decimals, rounded half away from zero: `-0.50`, `230.123`.
func appendDecimal(_ value: Double, decimals: Int, to bytes: inout [UInt8]) {
    let scale = pow(10, Double(decimals))
    let scaled = Int64((abs(value) * scale).rounded())
    if value < 0, scaled > 0 { bytes.append(UInt8(ascii: "-")) }
    var digits = Array(String(scaled).utf8)
    while digits.count <= decimals { digits.insert(UInt8(ascii: "0"), at: 0) }
    bytes.append(contentsOf: digits.dropLast(decimals))
    guard decimals > 0 else { return }
    bytes.append(UInt8(ascii: "."))
    bytes.append(contentsOf: digits.suffix(decimals))
}
