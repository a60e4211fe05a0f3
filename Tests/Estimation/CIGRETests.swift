import Estimation
import Foundation
import Grid
import Testing

/// The task of the peer's measurement: CIGRE MV from CGMES, voltages of 1 % uncertainty at five nodes, pseudo-measurements of 50 % at all
/// loads (both at three standard deviations). The voltmeters are where a DSO has them: at both busbars of the primary substation and at
/// the feeders' ends.
@Suite("The CIGRE MV grid, read from CGMES", .enabled(if: ReferenceData.has("cim")))
struct CIGRETests {
    private struct Case {
        var grid: BalancedGrid
        var state: [Complex]
        var injections: [Complex]
        var names: [String]
        var zeros: [Int32]
    }

    private func truth() throws -> Case {
        let network = CIMReader().read(paths: [ReferenceData.folder.appending(path: "cim/cigre_mv_notap").path]).network
        let assembly = BalancedAssembly(network, options: AssemblyOptions(basePowerVA: 10_000_000, hasSourceImpedance: false))
        var state = PowerFlowState()
        let report = try PowerFlow(assembly.grid).solve(assembly.injections, into: &state)
        #expect(report.converged && Set(Self.metered).isSubset(of: assembly.index.nodeNames), "\(assembly.index.nodeNames)")
        let sources = Set(assembly.grid.sources.map(\.node))
        let injections = assembly.injections.constantPower
        let zeros = injections.indices.filter { injections[$0] == .zero && !sources.contains(Int32($0)) }.map(Int32.init)
        return Case(grid: assembly.grid, state: state.voltages, injections: injections, names: assembly.index.nodeNames, zeros: zeros)
    }

    private static let metered = ["N1", "N6", "N11", "N12", "N14"]

    /// Meters with a noise of their sigma; the first five measure voltages.
    private func meters(_ truth: Case, _ random: inout Seeded) -> [Estimation.Measurement] {
        let voltmeters = Self.metered.compactMap { truth.names.firstIndex(of: $0) }.map { node -> Estimation.Measurement in
            let sigma = 0.01 / 3 * truth.state[node].magnitude
            return Estimation.Measurement(
                .voltageMagnitude, at: .node(Int32(node)), value: truth.state[node].magnitude + sigma * random.normal(), sigma: sigma)
        }
        let loads = truth.injections.indices.filter { truth.injections[$0] != .zero }
        let pseudo = loads.flatMap { node -> [Estimation.Measurement] in
            [(Quantity.activePower, truth.injections[node].real), (.reactivePower, truth.injections[node].imaginary)].map { quantity, value in
                let sigma = max(1e-6, 0.5 / 3 * abs(value))
                return Estimation.Measurement(quantity, at: .node(Int32(node)), value: value + sigma * random.normal(), sigma: sigma, origin: .pseudo)
            }
        }
        return voltmeters + pseudo
    }

    private func squaredError(_ truth: Case, _ voltages: [Complex]) -> Double {
        zip(truth.state, voltages).reduce(0) { $0 + pow($1.0.magnitude - $1.1.magnitude, 2) } / Double(truth.state.count)
    }

    @Test("Five voltmeters and supposed loads give every voltage within 0.0022 pu") func estimate() throws {
        let truth = try truth()
        var random = Seeded(1)
        var sum = 0.0
        for _ in 0..<100 {
            let model = try EstimationModel(grid: truth.grid, measurements: meters(truth, &random), zeroInjections: truth.zeros)
            sum += squaredError(truth, try Estimator(model).estimateWithStatistics().voltages)
        }
        #expect((sum / 100).squareRoot() <= 0.0022, "\((sum / 100).squareRoot())")
    }

    @Test("One of them ten per cent wrong is named, and costs next to nothing") func grossError() throws {
        let truth = try truth()
        var random = Seeded(2)
        var sum = 0.0
        var options = BadDataOptions()
        options.pseudoLead = 0.8
        for round in 0..<50 {
            var measurements = meters(truth, &random)
            let culprit = round % 5
            measurements[culprit].value *= 1.1
            let model = try EstimationModel(grid: truth.grid, measurements: measurements, zeroInjections: truth.zeros)
            let report = try Estimator(model).estimateWithoutBadData(options)
            #expect(report.removals.map(\.measurement) == [culprit])
            sum += squaredError(truth, report.estimate.voltages)
        }
        #expect((sum / 50).squareRoot() <= 0.0025, "\((sum / 50).squareRoot())")
    }
}
