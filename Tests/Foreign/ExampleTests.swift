import Foundation
import PluginAPI
import PluginTestKit
import Testing

@testable import Foreign

@Suite("The examples of foreign libraries")
struct ExampleTests {
    @Test("A Fortran routine turns the phases of a PMU into sequences and unbalance")
    func fortescue() throws {
        let image = try Samples.compile("PluginAPI/Examples/foreign-libraries/fortescue.f90", with: ["gfortran", "-O2"])
        let (description, problems, subscriptions) = try Samples.example("fortescue")
        let harness = try Samples.harness(description, problems, image: image, config: "{}", subscriptions: subscriptions)
        let volts = [(231.0, 0.0), (229.5, -2.1), (225.0, 2.08)]
        let readings = zip(["A", "B", "C"], volts).flatMap { phase, phasor in
            [("voltmagnitude", phasor.0), ("voltangle", phasor.1)].map {
                #"{"component":"BUS1","measurand":"\#($0.0)","phase":"\#(phase)","data":\#($0.1)}"#
            }
        }
        try harness.publish("/pmu/dev", #"{"device":"pmu-1","timestamp":"2024-06-01T11:00:00Z","readings":[\#(readings.joined(separator: ","))]}"#)
        // Fortescue's transform of the same phasors, independently: V1 = (Va + a Vb + a^2 Vc) / 3.
        func component(_ turn: Double) -> Double {
            var (real, imaginary) = (0.0, 0.0)
            for (index, phasor) in volts.enumerated() {
                real += phasor.0 * cos(phasor.1 + turn * Double(index)) / 3
                imaginary += phasor.0 * sin(phasor.1 + turn * Double(index)) / 3
            }
            return (real * real + imaginary * imaginary).squareRoot()
        }
        let (positive, negative) = (component(2 * .pi / 3), component(-2 * .pi / 3))
        let stored = try #require(harness.points("unbalance_percent", of: "sequence", tags: ["device": "pmu-1"]).first)
        #expect(abs(stored.value - 100 * negative / positive) < 1e-9)
        #expect(stored.quality == .estimated && stored.time == Timestamp(seconds: 1_717_239_600))
        #expect(harness.last(on: "estimates/unbalance/pmu-1")?.text.contains(#""unbalance_percent":"#) == true)
        try harness.publish("/pmu/dev", #"{"device":"pmu-1","timestamp":"2024-06-01T11:00:01Z","readings":[]}"#)
        #expect(harness.published.last?.text.contains("the message has no 'readings[measurand=voltmagnitude,phase=A].data'") == true)
        try harness.stop()
    }

    @Test("The manifest that the documentation builds up piece by piece is in order")
    func documentation() throws {
        let blocks = try Samples.text(of: "docs/foreign-libraries.md").components(separatedBy: "```yaml\n").dropFirst()
            .map { $0.components(separatedBy: "```")[0] }
        #expect(blocks.count == 4)
        let (description, problems, subscriptions) = try Samples.manifest(blocks.prefix(3).joined(), name: "feeder-losses")
        #expect(problems.isEmpty, "\(problems)")
        #expect(description.work.count == 2 && description.vectors.count == 2 && subscriptions == ["measurements/feeder/+"])
        // The last piece stands for itself: callbacks and a function that takes one.
        let callbacks = try Samples.read(
            blocks[blocks.endIndex - 1] + """
              golden: [{call: integrate, arguments: {from: 20, to: 21}, context: {wind: 0}, expect: {return: 0.505}}]
              messages: [{calls: [{call: integrate, arguments: {from: 20, to: $message.t}, context: {wind: $message.wind}}], publish: [{topic: a, payload: $result.integrate}]}]
            """)
        #expect(callbacks.problems.isEmpty, "\(callbacks.problems)")
    }

    @Test("Fortran's texts, matrices and functions are called by its own convention")
    func fortranConvention() throws {
        let image = try Samples.compile("sample.f90", with: ["gfortran", "-O1"])
        let harness = try Samples.harness(
            """
            functions:
              label: {language: fortran, parameters: {station: string, number: int, text: 'out string[16]'}}
              rowsums: {language: fortran, parameters: {matrix: 'in double[rows,columns]', rows: int, columns: int, sums: 'out double[rows]'}}
              Mean: {language: fortran, parameters: {values: 'in double[count]', count: int}, returns: double}
            golden:
              - {call: label, arguments: {station: UW, number: 7}, expect: {text: UW-7}}
              - {call: rowsums, arguments: {matrix: [[1, 2, 3], [4, 5, 6]]}, expect: {sums: [6, 15]}}
              - {call: Mean, arguments: {values: [1, 2, 6]}, expect: {return: 3}}
            messages:
              - calls:
                  - {call: label, arguments: {station: $message.station, number: 12}}
                  - {call: rowsums, arguments: {matrix: $message.m}}
                  - {call: Mean, arguments: {values: $result.rowsums.sums}}
                publish: [{topic: out, payload: {text: $result.label.text, mean: $result.Mean, sums: $result.rowsums.sums}}]
            """, image: image)
        try harness.publish("in/a", #"{"station": "Aachen", "m": [[1, 10], [2, 20], [3, 30]]}"#)
        #expect(harness.published.map(\.text) == [#"{"text":"Aachen-12","mean":22.0,"sums":[11.0,22.0,33.0]}"#])
        try harness.stop()
    }

    @Test("The GNU Scientific Library integrates a power curve over the wind that a message forecasts")
    func windPower() throws {
        let folders = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map { "/usr/lib/\($0)/libgsl.so.27" }
        guard let image = folders.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            return print("SKIPPED: libgsl.so.27 is not there (Debian package libgsl27), so that the wind-power example was not tried")
        }
        let (description, problems, subscriptions) = try Samples.example("wind-power")
        let harness = try Samples.harness(
            description, problems, image: image, config: #"{"cut_in": 3, "rated": 12, "cut_out": 25}"#, subscriptions: subscriptions)
        try harness.publish("forecasts/wind/a", #"{"turbine":"W1","rated_kw":2000,"weibull_scale":9.0,"weibull_shape":2.0}"#)
        // The same integral by the trapezoidal rule with 0.1 mm/s steps.
        var expected = 0.0
        for index in 0..<220_000 {
            let v = 3 + (Double(index) + 0.5) * 1e-4
            let share = v < 12 ? (v * v * v - 27) / (1_728 - 27) : 1
            expected += 2_000 * share * 2 / 9 * (v / 9) * exp(-(v / 9) * (v / 9)) * 1e-4
        }
        let stored = try #require(harness.points("expected_kw", of: "wind_power", tags: ["turbine": "W1"]).first)
        #expect(abs(stored.value - expected) < 1e-4 * expected)
        try harness.publish("forecasts/wind/a", #"{"turbine":"W1","rated_kw":2000,"weibull_scale":-9.0,"weibull_shape":2.5}"#)
        #expect(harness.published.last?.topic == "deadletter/forecasts/wind/a")
        #expect(harness.published.last?.text.contains("'gsl_integration_qag' reported an error") == true, "\(harness.published.last?.text ?? "")")
        try harness.stop()
    }
}
