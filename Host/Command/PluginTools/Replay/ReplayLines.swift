internal import PluginAPI
internal import PluginTestKit

/// What a service did with a recording, one JSON object a line. Made of what it did and of virtual time alone: the same library and the
/// same recording give the same bytes.
struct ReplayLines {
    /// Time 0 of the lines.
    let began: Timestamp

    func line(_ event: HarnessEvent) -> String {
        switch event {
        case .published(let publication): published(publication)
        case .wrote(let point): wrote(point)
        case .logged(let line, let time): logged(line, at: time)
        }
    }

    /// A callback that reported an error.
    func failed(_ callback: String, _ error: ServiceError, at time: Timestamp) -> String {
        object("failed", at: time) { writer in
            writer.member("callback", callback)
            writer.member("status", "\(error.status)")
            writer.member("sentence", error.sentence)
            writer.member("retryable", error.isRetryable)
        }
    }

    private func published(_ publication: Publication) -> String {
        object("published", at: publication.time) { writer in
            writer.member("topic", publication.topic)
            writer.write(payload: publication.payload)
            writer.member("qos", Int(publication.qos))
            writer.member("retain", publication.retain)
        }
    }

    private func wrote(_ point: WrittenPoint) -> String {
        object("wrote", at: point.writtenAt) { writer in
            writer.member("database", point.database)
            writer.member("measurement", point.measurement)
            writer.member("tags", point.tags)
            writer.member("field", point.field)
            writer.member("time", point.time.description)
            switch point.content {
            case .float(let number) where number.isFinite: writer.member("value", number)
            case .float(let number): writer.member("value", "\(number)")
            case .integer(let number): writer.member("value", Int(number))
            case .boolean(let truth): writer.member("value", truth)
            case .text(let text): writer.member("value", text)
            }
            writer.member("quality", Int(point.quality.rawValue))
        }
    }

    private func logged(_ line: LogLine, at time: Timestamp) -> String {
        object("logged", at: time) { writer in
            writer.member("level", "\(line.level)")
            writer.member("text", line.text)
            writer.member("details", line.details)
        }
    }

    /// An object that begins with the event's name and its time in seconds.
    func object(_ event: String, at time: Timestamp, _ members: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("event", event)
        members(&writer)
        writer.endObject()
        return "{\"t\":\(DecimalSeconds.text(nanoseconds: (time - began).nanoseconds))," + writer.string.dropFirst()
    }
}

extension JSONWriter {
    /// An object of texts, sorted by key.
    fileprivate mutating func member(_ key: String, _ texts: [String: String]) {
        self.key(key)
        beginObject()
        for (name, value) in texts.sorted(by: { $0.key < $1.key }) { member(name, value) }
        endObject()
    }
}
