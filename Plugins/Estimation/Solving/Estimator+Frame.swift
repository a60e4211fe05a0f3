internal import Grid
internal import Solvers

extension Estimator {
    /// Computes the estimate of the values that are set.
    ///
    /// The first frame is a full Gauss–Newton from the nominal voltages; current magnitudes enter when it has converged without them. Later
    /// frames keep the factorisation and start from the state of the frame before: every step has the exact gradient, so that it ends at
    /// the same optimum. A new factorisation is made when weights changed or when steps stop shrinking. A frame that jumps, or does not
    /// converge, starts flat, and where even that does not converge, once more with KLU.
    public func estimate() -> Outcome {
        if weightsChanged {
            equations.chooseWeightScale()
            factorIsCurrent = false
            deficiency = nil
            knownGrades = nil
            equations.damping = 0
            equations.softening = 0
            equations.suppositions = Suppositions()
            equations.gatherTargets()
        } else if valuesChanged {
            equations.gatherValues()
        }
        weightsChanged = false
        valuesChanged = false
        if isWarm {
            let progress = run()
            if progress.isConverged { return conclude(progress) }
            restart()
        }
        if options.factorization == .pivoting { pivoting = try? PivotingFactor(equations.matrix) }
        let progress = run()
        if progress.isConverged || pivoting != nil { return conclude(progress) }
        restart()
        pivoting = try? PivotingFactor(equations.matrix)
        defer { pivoting = nil }
        return conclude(run())
    }

    /// From the state at hand to the optimum.
    private func run() -> Progress {
        var progress = Progress()
        if !isWarm, hasCurrentMagnitudes {
            equations.usesCurrentMagnitudes = false
            factorIsCurrent = false
            iterate(&progress)
            guard progress.isConverged else { return progress }
            progress.isConverged = false
            factorIsCurrent = false
        }
        equations.usesCurrentMagnitudes = true
        iterate(&progress)
        for _ in 0..<Self.moves where deficiency != nil && progress.isConverged {
            equations.moveSuppositions()
            progress.isConverged = false
            iterate(&progress)
        }
        return progress
    }

    /// How often suppositions are moved to what the estimate made of them.
    private static let moves = 3

    /// A first step of a later frame beyond this, per unit of voltage, is a jump: such a frame starts flat, lest it end in another minimum.
    private static let farthestWarmStep = 0.05

    /// How far a frame has come.
    struct Progress {
        var iterations = 0
        var factorizations = 0
        var lastStep = Double.infinity
        var isConverged = false
        var isVoid = false
    }

    private func iterate(_ progress: inout Progress) {
        if isWarm, factorIsCurrent, deficiency == nil, pivoting == nil, equations.damping == 0, iterateKept(&progress) { return }
        var sinceFactor = 0
        var isTroubled = false
        var fraction = 1.0
        var previous = Double.infinity
        let limit = progress.iterations + options.maximumIterations
        while progress.iterations < limit {
            equations.evaluate()
            if !factorIsCurrent || !isWarm || sinceFactor >= options.solvesPerFactor {
                refactor()
                progress.factorizations += 1
                sinceFactor = 0
            }
            let step = solveStep()
            progress.iterations += 1
            sinceFactor += 1
            guard step.isFinite else {
                progress.isVoid = true
                return
            }
            if isWarm, progress.iterations == 1, step > Self.farthestWarmStep { return }
            if isWarm, sinceFactor > 1, step > 0.7 * previous { factorIsCurrent = false }
            let part = step > options.longestStep ? options.longestStep / step : 1
            isTroubled = isTroubled || (sinceFactor == 1 && progress.iterations > 4 && step > 0.5 * previous)
            if isTroubled, step > Self.leastJudgedStep {
                fraction = advanceDownhill(by: part * fraction) / part
            } else {
                equations.advance(by: part * fraction)
            }
            let change = deficiency == nil ? step : equations.largestStep { !isLoose[$0] }
            progress.lastStep = change
            previous = step
            if change < options.tolerance || (isLinear && step < options.longestStep) {
                progress.isConverged = true
                return
            }
        }
    }

    /// Steps with the kept factorisation.
    ///
    /// - Returns: whether that is all: it has converged, or jumped. Otherwise a new factorisation is due.
    private func iterateKept(_ progress: inout Progress) -> Bool {
        let kept = self.kept ?? KeptFactor(equations)
        self.kept = kept
        if !keptIsCurrent { kept.renew() }
        keptIsCurrent = true
        kept.begin()
        var previous = Double.infinity
        for _ in 0..<options.solvesPerFactor {
            let step = kept.step()
            progress.iterations += 1
            progress.lastStep = step
            guard step < Self.farthestWarmStep else { return true }
            progress.isConverged = isLast(step, after: previous)
            if progress.isConverged { return true }
            if step > 0.7 * previous { break }
            previous = step
        }
        factorIsCurrent = false
        return false
    }

    /// Whether no more than the tolerance is left after a step: of steps that shrink tenfold the rest of the series is a ninth of the last.
    private func isLast(_ step: Double, after previous: Double) -> Bool {
        step < options.tolerance || (step < 0.1 * previous && step < 8 * options.tolerance)
    }

    /// Goes the step, or the half, the quarter … that does not raise the merit: where measurements contradict each other a full step of
    /// Gauss and Newton may go too far again and again.
    ///
    /// - Returns: the part that was gone. Later steps go no more than that.
    private func advanceDownhill(by part: Double) -> Double {
        let before = equations.merit()
        var gone = part
        equations.advance(by: gone)
        equations.evaluateCurrents()
        while equations.merit() > before, gone > 0.01 * part {
            gone /= 2
            equations.advance(by: -gone)
            equations.evaluateCurrents()
        }
        return gone
    }

    /// What a shorter step changes in the merit is rounding, per unit of voltage.
    private static let leastJudgedStep = 1e-5

    private func solveStep() -> Double {
        guard let pivoting else { return equations.solveStep() }
        do { try pivoting.solve(equations.rightHandSide.pointer) } catch { return .nan }
        return equations.largestStep { _ in true }
    }

    private func conclude(_ progress: Progress) -> Outcome {
        isWarm = progress.isConverged
        if !progress.isConverged { factorIsCurrent = false }
        let outcome = Outcome(
            isConverged: progress.isConverged, iterations: progress.iterations, factorizations: progress.factorizations,
            lastStep: progress.lastStep, reason: progress.isConverged ? nil : reason(progress))
        if !progress.isConverged { equations.startFlat(model) }
        return outcome
    }

    /// Factorises at the state of the last `evaluate`. Where a pivot vanishes, either the grid is not observable, and what is missing is
    /// supposed so that the rest can be estimated; or an unmeasured node precedes the one that determines it, which a little damping mends.
    func refactor() {
        equations.assemble()
        factorIsCurrent = true
        keptIsCurrent = false
        // Where KLU fails too, the solves say so.
        try? pivoting?.refactor()
        if equations.matrix.factor(tolerance: equations.damping > 0 ? 0 : Self.leastPivot) || equations.damping > 0 { return }
        let found = observability()
        if !found.isObservable {
            deficiency = found
            isLoose = Array(repeating: false, count: equations.layout.count)
            for node in found.unobservable { isLoose[Int(equations.layout.pattern.positions[Int(node)])] = true }
            suppose(found)
        }
        equations.damping = Self.damping
        equations.softening = Self.damping
        equations.assemble()
        equations.matrix.factor(tolerance: 0)
    }

    private func suppose(_ found: Observability) {
        equations.supposeInjections(found.unobservable)
        let left = NullSpace(model, layout: equations.layout, suppositions: equations.suppositions) { equations.weights[$0] > 0 }
        if left.nullity > 0 {
            let nodes = found.unobservable.filter { left.moves(Int(equations.layout.pattern.positions[Int($0)])) }
            equations.supposeVoltages(nodes, model)
        }
        equations.evaluate()
    }

    /// Of the numbers that a pivot was summed from.
    static let leastPivot = 1e-10

    /// Relative to the scaled equations: far below what a meter contributes, far above the rounding.
    static let damping = 1e-8

    private func reason(_ progress: Progress) -> String {
        if progress.isVoid { return "the equations have no finite solution: a measured value or sigma is out of all proportion" }
        return "no convergence after \(progress.iterations) steps, the last changed a voltage by \(progress.lastStep) per unit"
    }
}
