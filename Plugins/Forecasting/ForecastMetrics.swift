import PluginAPI

/// How the service fares, as metrics.
struct ForecastMetrics {
    private let host: Metrics
    let forecasts: Counter
    let failures: Counter
    let drifts: Counter
    let seconds: Histogram
    let trainingSeconds: Histogram

    init(_ metrics: Metrics) throws(ServiceError) {
        host = metrics
        forecasts = try metrics.counter("forecasts_total", help: "Forecasts made.")
        failures = try metrics.counter("forecasts_failed_total", help: "Forecasts that could not be made.")
        drifts = try metrics.counter("drifts_total", help: "Series found to have drifted from what their models were made for.")
        seconds = try metrics.histogram("forecast_seconds", help: "Time of the forecasts of one series at one boundary.")
        trainingSeconds = try metrics.histogram("training_seconds", help: "Time of trainings.")
    }

    /// Counts a training that ended.
    func trained(_ phase: TrainingJob.Phase) {
        let counter = try? host.counter("trainings_total", help: "Trainings by how they ended.", labels: ["result": phase.rawValue])
        counter?.add()
    }

    /// Tells how good the forecasts of a series were over four weeks.
    func note(_ live: LiveSeries, now: Int64) {
        for lead in Lead.allCases {
            let score = live.scores.rolling(lead, days: 28, until: now)
            guard score.count > 0 else { continue }
            set("pinball", "Mean pinball over 19 quantiles, four weeks, in the unit of the series.", live, lead, score.meanPinball)
            set("mae", "Mean absolute error of the median, four weeks, in the unit of the series.", live, lead, score.meanAbsolute)
            set("coverage_80_ratio", "Share of values within the 80 % interval, four weeks.", live, lead, score.coverage80)
            set("skill_ratio", "1 - MAE / MAE of the value of a week before, four weeks.", live, lead, score.skill)
        }
    }

    private func set(_ name: String, _ help: String, _ live: LiveSeries, _ lead: Lead, _ value: Double) {
        guard value.isFinite else { return }
        let gauge = try? host.gauge(name, help: help, labels: ["series": live.name, "lead": lead.rawValue])
        gauge?.set(value)
    }
}
