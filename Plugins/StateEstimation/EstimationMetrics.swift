import PluginAPI

/// How the estimation fares, as metrics.
struct EstimationMetrics {
    private let frames: Counter
    private let failures: Counter
    private let duration: Histogram
    private let objective: Gauge
    private let metered: Gauge
    private let violations: Gauge
    private var counted: (frames: UInt64, failures: UInt64) = (0, 0)

    init(_ metrics: Metrics) throws(ServiceError) {
        frames = try metrics.counter("estimates_total", help: "Estimates that were attempted.")
        failures = try metrics.counter("estimates_failed_total", help: "Estimates that did not converge.")
        duration = try metrics.histogram("estimate_seconds", help: "Time of an estimate with its statistics.")
        objective = try metrics.gauge("objective_ratio", help: "Objective divided by its 95 % chi-square bound: above 1 something does not fit.")
        metered = try metrics.gauge("metered_values", help: "Values of devices in the last estimate.")
        violations = try metrics.gauge("violations", help: "Voltages and loadings outside of their limits.")
    }

    mutating func note(_ live: LiveEstimate, seconds: Double) {
        frames.add(Double(live.frames - counted.frames))
        failures.add(Double(live.failures - counted.failures))
        counted = (live.frames, live.failures)
        duration.observe(seconds)
        if live.state.chiSquare95 > 0 { objective.set(live.state.objective / live.state.chiSquare95) }
        metered.set(Double(live.state.meteredValues))
        violations.set(Double(live.state.violations.count))
    }
}
