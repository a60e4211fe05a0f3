/// What one JSON text says of one statement.
struct ResultPart {
    let identifier: Int
    var result: StatementResult
    /// Whether more of this statement follows in another text.
    var isPartial = false
    /// Whether more rows of the last series follow.
    var seriesIsPartial = false

    init(_ identifier: Int, _ result: StatementResult) {
        self.identifier = identifier
        self.result = result
    }

    /// The parts with at most `size` rows of one series each.
    func chunks(of size: Int) -> [ResultPart] {
        guard !result.series.isEmpty else { return [self] }
        var parts: [ResultPart] = []
        for (index, series) in result.series.enumerated() {
            var start = 0
            repeat {
                let end = min(start + size, series.rowCount)
                var part = ResultPart(identifier, StatementResult(series: [series.slice(start..<end)]))
                part.seriesIsPartial = end < series.rowCount
                part.isPartial = part.seriesIsPartial || index < result.series.count - 1
                parts.append(part)
                start = end
            } while start < series.rowCount
        }
        parts[0].result.messages = result.messages
        return parts
    }
}

/// Writes results as InfluxDB 1.x does.
struct ResultEncoder {
    let epoch: EpochPrecision?

    /// `{"results":[…]}` and a line feed.
    func encode(_ parts: [ResultPart], into text: inout JSONText) {
        text.begin("{")
        text.key("results")
        text.begin("[")
        for part in parts {
            text.element()
            encode(part, into: &text)
        }
        text.end("]")
        text.end("}")
        text.lineFeed()
    }

    private func encode(_ part: ResultPart, into text: inout JSONText) {
        text.begin("{")
        text.key("statement_id")
        text.raw(String(part.identifier))
        if !part.result.series.isEmpty {
            text.key("series")
            text.begin("[")
            for series in part.result.series {
                text.element()
                encode(series, isPartial: part.seriesIsPartial, into: &text)
            }
            text.end("]")
        }
        if !part.result.messages.isEmpty { encode(part.result.messages, into: &text) }
        if part.isPartial {
            text.key("partial")
            text.raw("true")
        }
        if let error = part.result.error {
            text.key("error")
            text.string(error.description)
        }
        text.end("}")
    }

    private func encode(_ messages: [String], into text: inout JSONText) {
        text.key("messages")
        text.begin("[")
        for message in messages {
            text.element()
            text.begin("{")
            text.key("level")
            text.string("warning")
            text.key("text")
            text.string(message)
            text.end("}")
        }
        text.end("]")
    }

    private func encode(_ series: ResultSeries, isPartial: Bool, into text: inout JSONText) {
        text.begin("{")
        if let name = series.name {
            text.key("name")
            text.string(name)
        }
        if !series.tags.isEmpty {
            text.key("tags")
            text.begin("{")
            for tag in series.tags {
                text.key(tag.key)
                text.string(tag.value)
            }
            text.end("}")
        }
        text.key("columns")
        text.begin("[")
        for column in series.columns {
            text.element()
            text.string(column)
        }
        text.end("]")
        if series.rowCount > 0 { encodeRows(series, into: &text) }
        if isPartial {
            text.key("partial")
            text.raw("true")
        }
        text.end("}")
    }

    private func encodeRows(_ series: ResultSeries, into text: inout JSONText) {
        text.key("values")
        text.begin("[")
        for row in 0..<series.rowCount {
            text.element()
            text.begin("[")
            if let times = series.times {
                text.element()
                text.time(times[row], epoch: epoch, zone: series.zone)
            }
            for column in 0..<series.width {
                text.element()
                text.value(series.values[row * series.width + column], epoch: epoch, zone: series.zone)
            }
            text.end("]")
        }
        text.end("]")
    }
}
