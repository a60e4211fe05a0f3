/// Reads the records of one block whose checksum was right. What does not fit nevertheless ends with nil: the block is damaged.
struct BlockReader {
    private let body: [UInt8]
    private var position = 0
    private var topics: [String] = []
    private var time: Int64

    init(body: [UInt8], firstTime: Int64) {
        self.body = body
        time = firstTime
    }

    /// All records, if there are exactly `count`.
    mutating func records(_ count: Int) -> [RecordedMessage]? {
        var records: [RecordedMessage] = []
        for _ in 0..<count {
            guard let record = record() else { return nil }
            records.append(record)
        }
        return position == body.count ? records : nil
    }

    private mutating func record() -> RecordedMessage? {
        guard let passed = varint(), passed <= UInt64(Int64.max), position < body.count else { return nil }
        let (sum, overflow) = time.addingReportingOverflow(Int64(passed))
        let flags = body[position]
        position += 1
        guard !overflow, flags < 8, flags & 3 != 3, let topic = topic(), let payload = bytes() else { return nil }
        time = sum
        return RecordedMessage(time: time, topic: topic, payload: Array(payload), qos: flags & 3, isRetained: flags & 4 != 0)
    }

    private mutating func topic() -> String? {
        guard let number = varint(), number <= UInt64(topics.count) else { return nil }
        if number < UInt64(topics.count) { return topics[Int(number)] }
        guard let name = bytes(), let topic = String(validating: name, as: UTF8.self) else { return nil }
        topics.append(topic)
        return topic
    }

    private mutating func bytes() -> ArraySlice<UInt8>? {
        guard let count = varint(), count <= UInt64(body.count - position) else { return nil }
        defer { position += Int(count) }
        return body[position..<position + Int(count)]
    }

    private mutating func varint() -> UInt64? {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard position < body.count else { return nil }
            let byte = body[position]
            position += 1
            guard shift < 63 || byte < 2 else { return nil }
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
        }
        return nil
    }
}
