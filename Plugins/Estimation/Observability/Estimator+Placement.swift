internal import Grid
internal import Solvers

/// A meter that is worth installing.
public struct MeterProposal: Hashable, Sendable {
    public var place: Place
    public var quantities: [Quantity]
    /// For a grid that is not observable, how many of the missing quantities it brings; else the part of the sum of the variances of all
    /// voltage magnitudes that it takes away.
    public var benefit: Double
}

extension Estimator {
    /// The meters to add next, best first, each judged as if those before it were there already.
    ///
    /// Candidates are voltage meters where a voltage is not measured, and meters of P and Q where an injection is unknown or supposed. While
    /// something is not observable that decides; then the variances do.
    ///
    /// - Parameters:
    ///   - count: at most so many. For an unobservable grid the list ends when everything is observable.
    ///   - voltageSigma: of a new voltage meter, per unit.
    ///   - powerSigma: of a new power meter, per unit.
    ///   - candidateLimit: voltage meters are tried at so many nodes, those known worst; one solve each.
    public func meterProposals(
        count: Int = 5, voltageSigma: Double = 0.005, powerSigma: Double = 0.01, candidateLimit: Int = 200
    ) throws(EstimationError) -> [MeterProposal] {
        let found = observability()
        if found.isObservable {
            let estimate = try estimateWithStatistics()
            let total = estimate.magnitudeSigmas.reduce(0) { $0 + $1 * $1 }
            let places = candidates(worst: estimate.magnitudeSigmas, limit: candidateLimit)
            var search = try PlacementSearch(
                places, model: model, equations: equations, sigma: { $0 == .voltageMagnitude ? voltageSigma : powerSigma })
            search.weighsMagnitudes(total: total)
            return search.best(count, least: 1e-6)
        }
        let space = NullSpace(model, layout: equations.layout) { equations.weights[$0] > 0 }
        let shares = (0..<model.network.conductorCount).map { space.shares[Int(equations.layout.pattern.positions[$0])] }
        var search = try PlacementSearch(
            candidates(worst: shares, limit: candidateLimit), model: model, equations: space.equations, sigma: { _ in nil })
        search.weighsNullity(NullSpace.damping)
        return search.best(count, least: 0.5)
    }

    private func candidates(worst: [Double], limit: Int) -> [(Place, [Quantity])] {
        var measured = Set<Int32>()
        var metered = Set<Int32>(model.zeroInjections)
        for (index, measurement) in model.measurements.enumerated() where equations.weights[index] > 0 && measurement.origin == .meter {
            guard case .node(let node) = measurement.place else { continue }
            if measurement.quantity.isPower { metered.insert(node) } else { measured.insert(node) }
        }
        let nodes = (0..<Int32(model.network.conductorCount)).sorted { (worst[Int($0)], $1) > (worst[Int($1)], $0) }
        let voltages = nodes.filter { !measured.contains($0) && worst[Int($0)] > 1e-9 }.prefix(limit)
        let powers = nodes.filter { !metered.contains($0) }.prefix(limit)
        return voltages.map { (.node($0), [.voltageMagnitude]) } + powers.map { (.node($0), [.activePower, .reactivePower]) }
    }
}

/// A greedy search: each new row is a rank-one change of the covariance, P − u·uᵀ.
struct PlacementSearch {
    private struct Candidate {
        var place: Place
        var quantities: [Quantity]
        var rows: [SparseGradient]
        /// P·h of each row, kept up to date with what was chosen.
        var covariances: [[Complex]]
        var sigmas: [Double]
    }

    private let equations: Equations
    private var candidates: [Candidate] = []
    private var directions: [Complex] = []
    private var scale = 1.0

    /// - Parameter sigma: of a new meter; nil: rows count by their direction alone.
    init(
        _ places: [(Place, [Quantity])], model: EstimationModel, equations: Equations, sigma: (Quantity) -> Double?
    ) throws(EstimationError) {
        self.equations = equations
        equations.evaluateCurrents()
        for (place, quantities) in places {
            var candidate = Candidate(place: place, quantities: quantities, rows: [], covariances: [], sigmas: [])
            for quantity in quantities {
                var row = try SparseGradient(quantity, at: place, model: model, equations: equations)
                let own = sigma(quantity)
                if own == nil, row.length > 0 { row.scale(by: 1 / row.length) }
                candidate.rows.append(row)
                candidate.covariances.append(row.covariance(equations))
                candidate.sigmas.append(own ?? 1)
            }
            candidates.append(candidate)
        }
    }

    /// The benefit is the part of `total`, the sum of the variances of the voltage magnitudes.
    mutating func weighsMagnitudes(total: Double) {
        directions = (0..<equations.layout.count).map { VoltageRow(.voltageMagnitude, at: equations.voltages[$0]).gradient }
        scale = 1 / total
    }

    /// The benefit is the number of dimensions that the null space loses.
    mutating func weighsNullity(_ damping: Double) { scale = damping }

    mutating func best(_ count: Int, least: Double) -> [MeterProposal] {
        var proposals: [MeterProposal] = []
        while proposals.count < count {
            let benefits = candidates.map { benefit(of: $0) }
            guard let index = benefits.indices.max(by: { benefits[$0] < benefits[$1] }), benefits[index] > least else { break }
            proposals.append(
                MeterProposal(place: candidates[index].place, quantities: candidates[index].quantities, benefit: benefits[index]))
            take(candidates.remove(at: index))
        }
        return proposals
    }

    private func benefit(of candidate: Candidate) -> Double {
        updates(of: candidate).reduce(0) { sum, update in sum + scale * size(update) }
    }

    /// The u of each row, after those before it.
    private func updates(of candidate: Candidate) -> [[Complex]] {
        var updates: [[Complex]] = []
        for (row, covariance) in candidate.covariances.enumerated() {
            var left = covariance
            for update in updates { Self.reduce(&left, by: update, along: candidate.rows[row]) }
            let variance = candidate.rows[row].product(left) + candidate.sigmas[row] * candidate.sigmas[row]
            updates.append(left.map { $0 / variance.squareRoot() })
        }
        return updates
    }

    private mutating func take(_ candidate: Candidate) {
        let updates = updates(of: candidate)
        for index in candidates.indices {
            for row in candidates[index].rows.indices {
                for update in updates { Self.reduce(&candidates[index].covariances[row], by: update, along: candidates[index].rows[row]) }
            }
        }
    }

    private static func reduce(_ covariance: inout [Complex], by update: [Complex], along row: SparseGradient) {
        let factor = row.product(update)
        guard factor != 0 else { return }
        for position in covariance.indices { covariance[position] -= factor * update[position] }
    }

    private func size(_ update: [Complex]) -> Double {
        guard !directions.isEmpty else { return update.reduce(0) { $0 + $1.squaredMagnitude } }
        return zip(update, directions).reduce(0) { sum, pair in
            let along = pair.0.real * pair.1.real + pair.0.imaginary * pair.1.imaginary
            return sum + along * along
        }
    }
}
