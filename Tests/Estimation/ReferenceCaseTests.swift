import Estimation
import Grid
import Testing

/// `se_cases`: optima by an independent estimator, cross-checked with power-grid-model and pandapower.
@Suite("Reference cases of estimation", .enabled(if: ReferenceData.has("se_cases")))
struct ReferenceCaseTests {
    static let tight: Estimator.Options = {
        var options = Estimator.Options()
        options.tolerance = 1e-10
        return options
    }()

    @Test("The estimate of every balanced set equals the stored optimum to 1e-8", arguments: ReferenceData.balanced)
    func balanced(name: String) throws {
        let network = try ReferenceData.balancedCase(name)
        for set in network.measurement_sets where set.expected.wls != nil {
            try check(set, model: network.model(set), tolerance: 1e-8, name: "\(name)/\(set.name)")
        }
    }

    @Test("The estimate of every three-phase set equals the stored optimum to 1e-6", arguments: ReferenceData.unbalanced)
    func unbalanced(name: String) throws {
        let network = try ReferenceData.unbalancedCase(name)
        for set in network.measurement_sets where set.expected.wls != nil {
            try check(set, model: network.model(set), tolerance: 1e-6, name: "\(name)/\(set.name)")
        }
    }

    private func check(_ set: MeasurementSet, model: EstimationModel, tolerance: Double, name: String) throws {
        let expected = try #require(set.expected.wls)
        let estimate = try Estimator(model, options: Self.tight).estimateWithStatistics()
        #expect(expected.distance(to: estimate.voltages) < tolerance, "\(name)")
        let objective = try #require(expected.objective)
        #expect(abs(estimate.objective - objective) < 1e-6 * max(1, objective), "\(name)")
        if let degrees = expected.dof { #expect(estimate.degreesOfFreedom == degrees, "\(name)") }
        if let quantile = expected.chi2_95 { #expect(abs(estimate.chiSquare95 - quantile) < 1e-6, "\(name)") }
        #expect(!estimate.grades.contains(.notEstimable), "\(name)")
        for residual in set.expected.largest_normalized_residuals ?? [] {
            let own = estimate.normalizedResiduals[residual.id]
            #expect(abs(own - residual.rn) < 1e-3 * residual.rn, "\(name), measurement \(residual.id): \(own) against \(residual.rn)")
        }
        if let critical = set.expected.critical_measurements { #expect(estimate.criticalMeasurements == critical, "\(name)") }
    }

    @Test("Noise-free values give the true state back", arguments: ReferenceData.balanced)
    func exact(name: String) throws {
        let network = try ReferenceData.balancedCase(name)
        for set in network.measurement_sets where set.expected.wls != nil && set.name != "topology_error" {
            let estimate = try Estimator(network.model(set, exact: true), options: Self.tight).estimateWithStatistics()
            #expect(network.true_state.distance(to: estimate.voltages) < 1e-8, "\(name)/\(set.name)")
            #expect(estimate.objective < 1e-6, "\(name)/\(set.name)")
        }
    }

    @Test("Later frames with a kept factorisation end at the same optimum", arguments: ["case33bw", "simbench_mv_rural", "case118"])
    func frames(name: String) throws {
        let network = try ReferenceData.balancedCase(name)
        let set = try #require(network.set("base"))
        let estimator = Estimator(try network.model(set, exact: true), options: Self.tight)
        #expect(estimator.estimate().isConverged)
        for (index, reading) in try network.model(set).measurements.enumerated() { estimator.setMeasurement(index, value: reading.value) }
        let outcome = estimator.estimate()
        #expect(outcome.isConverged && outcome.factorizations <= 1)
        #expect(try #require(set.expected.wls).distance(to: estimator.voltages) < 1e-8)
    }

    @Test("Gross errors are removed in the stored order and leave the stored estimate", arguments: ReferenceData.balanced)
    func removals(name: String) throws {
        let network = try ReferenceData.balancedCase(name)
        for set in network.measurement_sets where set.expected.bad_measurements != nil {
            var options = BadDataOptions()
            options.namesSuspicions = false
            let report = try Estimator(network.model(set), options: Self.tight).estimateWithoutBadData(options)
            let order = set.expected.lnr_removal_order ?? set.expected.bad_measurements
            #expect(report.removals.map(\.measurement) == order, "\(name)/\(set.name)")
            #expect(report.wasSuspicious, "\(name)/\(set.name)")
            let clean = try #require(set.expected.after_removal)
            #expect(clean.distance(to: report.estimate.voltages) < 1e-8, "\(name)/\(set.name)")
        }
    }

    @Test("A gross error in a three-phase grid is found", arguments: ["ieee13_3ph", "ieee123_3ph"])
    func unbalancedRemovals(name: String) throws {
        let network = try ReferenceData.unbalancedCase(name)
        let set = try #require(network.set("bad_one"))
        let report = try Estimator(network.model(set), options: Self.tight).estimateWithoutBadData()
        #expect(report.removals.map(\.measurement) == set.expected.bad_measurements)
    }

    @Test("Of an unobservable grid exactly the stored buses are told, with reasons, and the rest is estimated", arguments: ReferenceData.balanced)
    func unobservable(name: String) throws {
        let network = try ReferenceData.balancedCase(name)
        for set in network.measurement_sets where set.expected.observable == false {
            let estimator = Estimator(try network.model(set, exact: true), options: Self.tight)
            let found = estimator.observability()
            #expect(found.nullity == set.expected.nullity, "\(name)")
            #expect(found.unobservable.map(Int.init) == set.expected.unobservable_buses, "\(name)")
            #expect(!found.reasons.isEmpty && found.islands.count > 1, "\(name)")
            let estimate = try estimator.estimateWithStatistics()
            for bus in network.buses.indices {
                let isMissing = found.unobservable.contains(Int32(bus))
                #expect((estimate.grades[bus] == .notEstimable) == isMissing)
                #expect(estimate.magnitudeSigmas[bus].isInfinite == isMissing)
                guard !isMissing else { continue }
                // With exact values; angles that follow from magnitudes alone have a second solution in one of the cases.
                #expect(abs(estimate.voltages[bus].magnitude - network.true_state.v_pu[bus]) < 2e-5, "\(name), bus \(bus)")
            }
        }
    }

    @Test("A tie switch that the model has wrong is suspected, and closing it explains the measurements")
    func topology() throws {
        let network = try ReferenceData.balancedCase("case33bw")
        let set = try #require(network.set("topology_error"))
        let model = try network.model(set)
        let estimate = try Estimator(model).estimateWithStatistics()
        #expect(estimate.objective > 3 * estimate.chiSquare99)
        // The five tie lines of Baran and Wu: ohm over 12.66 kV squared.
        let ties: [(String, Int32, Int32, Double, Double)] = [
            ("20-7", 20, 7, 2, 2), ("8-14", 8, 14, 2, 2), ("11-21", 11, 21, 2, 2), ("17-32", 17, 32, 0.5, 0.5), ("24-28", 24, 28, 0.5, 0.5),
        ]
        let hypotheses = ties.map { name, from, to, r, x in
            let y = Complex(r / (12.66 * 12.66), x / (12.66 * 12.66)).reciprocal
            return SwitchHypothesis(name, .closed(BalancedGrid.Branch(from: from, to: to, yff: y, yft: -y, ytf: -y, ytt: y)))
        }
        let verdicts = try testTopology(
            of: network.grid, measurements: model.measurements, zeroInjections: [], hypotheses: hypotheses)
        #expect(verdicts.first?.hypothesis == "11-21")
        #expect(verdicts.first.map { $0.plausibility > 0.01 } == true)
        #expect(verdicts.first { $0.hypothesis == nil }.map { $0.plausibility < 1e-6 } == true)
    }
}
