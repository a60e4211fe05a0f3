internal import PluginAPI

/// Takes a message apart into readings. What is wrong with the message as a whole is thrown; what is wrong with one reading is
/// noted among the refusals.
public struct MessageParser {
    private var escaped = EscapedTexts()

    public init() {}

    /// Parses a payload. What it leaves in `parsed` is valid until the next call, and as long as the payload.
    public mutating func parse(
        _ payload: UnsafeRawBufferPointer, _ form: MessageForm, into parsed: inout ParsedMessage
    ) throws(MessageRefusal) {
        parsed.removeAll()
        escaped.removeAll()
        do {
            switch form.format {
            case .villas: try VILLASRecords(form: form).parse(payload, into: &parsed)
            case .meterReadings: try MeterReadingsMessage(form: form).parse(payload, &escaped, into: &parsed)
            case .pmu, .sognoComponent, .mac: try parseObject(payload, form, &parsed)
            }
        } catch let refusal as MessageRefusal {
            throw refusal
        } catch let error as JSONError {
            throw MessageRefusal(error)
        } catch {
            throw MessageRefusal(String(describing: error))
        }
    }

    /// Frees what the last message needed.
    public mutating func release() { escaped.removeAll() }

    /// The forms that are an object with `timestamp` and `readings`.
    private mutating func parseObject(
        _ payload: UnsafeRawBufferPointer, _ form: MessageForm, _ parsed: inout ParsedMessage
    ) throws {
        var reader = JSONReader(payload)
        var stamp: Timestamp?
        var component = UnsafeRawBufferPointer(start: nil, count: 0)
        var quality = Quality.good
        var hasReadings = false
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "timestamp":
                guard stamp == nil else { throw MessageRefusal("the key 'timestamp' comes twice") }
                stamp = try timestamp(&reader, form)
            case "readings":
                guard !hasReadings else { throw MessageRefusal("the key 'readings' comes twice") }
                hasReadings = true
                try readings(&reader, form, &parsed)
            case "device" where form.format == .pmu, "identifier" where form.format == .mac:
                guard parsed.device.isEmpty else { throw MessageRefusal("the key '\(key.string)' comes twice") }
                parsed.device = try name(&reader, key)
            case "component" where form.format == .sognoComponent:
                guard component.isEmpty else { throw MessageRefusal("the key 'component' comes twice") }
                component = try name(&reader, key)
            case "quality":
                guard let value = try QualityText.read(&reader) else { throw MessageRefusal("the message " + QualityText.expected) }
                quality = value
            default:
                try reader.skipValue()
            }
        }
        try reader.end()
        guard let stamp else { throw MessageRefusal("the message has no 'timestamp'") }
        guard hasReadings else { throw MessageRefusal("the message has no 'readings'") }
        guard !parsed.readings.isEmpty || !parsed.refusals.isEmpty else { throw MessageRefusal("the list 'readings' is empty") }
        if form.format == .sognoComponent, component.isEmpty { throw MessageRefusal("the message has no 'component'") }
        parsed.stamps.append(stamp)
        complete(&parsed.readings, component: component, quality: quality)
    }

    /// Gives every reading what the message says for all.
    private func complete(_ readings: inout [Reading], component: UnsafeRawBufferPointer, quality: Quality) {
        guard !component.isEmpty || quality != .good else { return }
        for index in readings.indices {
            if !component.isEmpty { readings[index].component = component }
            readings[index].quality.formUnion(quality)
        }
    }

    private func timestamp(_ reader: inout JSONReader, _ form: MessageForm) throws -> Timestamp {
        switch try reader.next() {
        case .text(let text): return try Stamp.read(text: text.raw, zoneOffset: form.zoneOffset)
        case .number(let number): return try Stamp.read(number: number)
        default: throw MessageRefusal("the timestamp is neither a text nor a number")
        }
    }

    private mutating func name(_ reader: inout JSONReader, _ key: JSONText) throws -> UnsafeRawBufferPointer {
        let text = try reader.text()
        guard !text.raw.isEmpty else { throw MessageRefusal("the \(key.string) is empty") }
        return escaped.bytes(of: text)
    }

    private mutating func readings(_ reader: inout JSONReader, _ form: MessageForm, _ parsed: inout ParsedMessage) throws {
        try reader.beginArray()
        var index = 0
        while let token = try reader.nextElement() {
            var parser = ReadingParser(format: form.format, index: index)
            if case .beginObject = token {
                try parser.parse(&reader, &escaped)
            } else {
                parser.refuse("is not an object")
                try reader.skipRest(of: token)
            }
            if let reason = parser.reason {
                parsed.refusals.append(Refusal(index: index, reason: reason))
            } else {
                parsed.readings.append(parser.reading)
            }
            index += 1
        }
    }
}

/// Texts that had to be unescaped, kept until the message is done.
struct EscapedTexts {
    private var blocks: [UnsafeMutableRawBufferPointer] = []

    /// The text's bytes: where they stand if it has no escapes.
    mutating func bytes(of text: JSONText) -> UnsafeRawBufferPointer {
        guard text.isEscaped else { return text.raw }
        var bytes: [UInt8] = []
        text.append(to: &bytes)
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        block.copyBytes(from: bytes)
        blocks.append(block)
        return UnsafeRawBufferPointer(block)
    }

    /// A copy of a text that stands nowhere else.
    mutating func copy(_ text: String) -> UnsafeRawBufferPointer {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        block.copyBytes(from: text.utf8)
        blocks.append(block)
        return UnsafeRawBufferPointer(block)
    }

    mutating func removeAll() {
        guard !blocks.isEmpty else { return }
        for block in blocks { block.deallocate() }
        blocks.removeAll()
    }
}
