import PluginAPI

/// What the adapter counts, for its metrics and its status.
struct Counters {
    private(set) var messages: UInt64 = 0
    private(set) var readings: UInt64 = 0
    private(set) var deadLetters: UInt64 = 0
    private let messagesTotal: Counter
    private let readingsTotal: Counter
    private let deadLettersTotal: Counter
    private let columns: Gauge

    init(_ metrics: Metrics) throws(ServiceError) {
        messagesTotal = try metrics.counter("messages_total", help: "Messages taken from the databus.")
        readingsTotal = try metrics.counter("readings_total", help: "Readings written to the store.")
        deadLettersTotal = try metrics.counter("dead_letters_total", help: "Messages that could not be stored, wholly or in part.")
        columns = try metrics.gauge("columns", help: "Columns that the readings went to since the start.")
    }

    /// Counts a batch that is done.
    mutating func add(messages: Int, readings: Int, deadLetters: Int, columns: Int) {
        self.messages += UInt64(messages)
        self.readings += UInt64(readings)
        self.deadLetters += UInt64(deadLetters)
        messagesTotal.add(Double(messages))
        readingsTotal.add(Double(readings))
        if deadLetters > 0 { deadLettersTotal.add(Double(deadLetters)) }
        self.columns.set(Double(columns))
    }
}
