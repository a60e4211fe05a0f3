import Testing
@testable import Command

@Suite("Emulated PMU")
struct EmulatedPMUTests {
    @Test("A decimal is written with its digits, rounded half away from zero", arguments: [
        (0.0, 3, "0.000"), (230.1234, 3, "230.123"), (-0.0004, 3, "0.000"), (-0.0006, 3, "-0.001"), (49.98765, 4, "49.9877"),
        (-3.14159, 5, "-3.14159"), (7.5, 0, "8"), (0.05, 1, "0.1"), (12.0, 2, "12.00"),
    ])
    func decimals(value: Double, digits: Int, expected: String) {
        var bytes: [UInt8] = []
        appendDecimal(value, decimals: digits, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test("A frame has the seed's form, with fourteen readings, and the same seed gives the same frame")
    func frame() {
        func text() -> String {
            var pmu = EmulatedPMU(number: 7, seed: 3)
            var frequency = GridFrequency(seed: 3)
            var bytes: [UInt8] = []
            for _ in 0..<10 {
                frequency.advance(by: 0.02)
                bytes.removeAll()
                pmu.appendFrame(to: &bytes, milliseconds: 1_700_000_000_020, frequency: frequency, seconds: 0.02)
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        let frame = text()
        #expect(frame == text())
        #expect(frame.hasPrefix(#"{"device":"pmu-0007","timestamp":1700000000020,"readings":[{"component":"BUS1","measurand":"voltmagnitude","phase":"A","data":"#))
        #expect(frame.hasSuffix("}]}"))
        #expect(frame.split(separator: #""measurand""#).count - 1 == 14)
    }

    @Test("The frequency stays near 50 Hz and its rate of change is the slope of its deviation")
    func frequency() {
        var frequency = GridFrequency(seed: 11)
        for _ in 0..<5000 {
            let before = frequency.deviation
            frequency.advance(by: 0.02)
            #expect(abs(frequency.rateOfChange - (frequency.deviation - before) / 0.02) < 1e-9)
            #expect(abs(frequency.deviation) < 0.2)
            #expect(abs(frequency.angle) <= .pi)
        }
    }
}
