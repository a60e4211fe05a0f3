import PluginAPI
import Readings

/// What the adapter counts, for its metrics and its status.
struct Counters {
    private(set) var messages: Tally
    private(set) var readings: Tally
    private(set) var deadLetters: Tally
    private let columns: Gauge

    init(_ metrics: Metrics) throws(ServiceError) {
        messages = try Tally(metrics, "messages_total", help: "Messages taken from the databus.")
        readings = try Tally(metrics, "readings_total", help: "Readings written to the store.")
        deadLetters = try Tally(metrics, "dead_letters_total", help: "Messages that could not be stored, wholly or in part.")
        columns = try metrics.gauge("columns", help: "Columns that the readings went to since the start.")
    }

    /// Counts a batch that is done.
    mutating func add(messages: Int, readings: Int, deadLetters: Int, columns: Int) {
        self.messages.add(messages)
        self.readings.add(readings)
        self.deadLetters.add(deadLetters)
        self.columns.set(Double(columns))
    }
}
