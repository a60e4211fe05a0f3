internal import PluginAPI

/// VILLASnode's JSON: records with a time and values by position, in a list or one alone.
struct VILLASRecords {
    let form: MessageForm

    func parse(_ payload: UnsafeRawBufferPointer, into parsed: inout ParsedMessage) throws {
        var reader = JSONReader(payload)
        switch try reader.next() {
        case .beginObject:
            try record(&reader, &parsed)
        case .beginArray:
            while let token = try reader.nextElement() {
                guard case .beginObject = token else {
                    throw MessageRefusal("an element of the list is not a record: expected objects")
                }
                try record(&reader, &parsed)
            }
        default:
            throw MessageRefusal("the payload is neither a record nor a list of records")
        }
        try reader.end()
        guard !parsed.stamps.isEmpty else { throw MessageRefusal("the list of records is empty") }
    }

    /// Reads a record whose brace is read.
    private func record(_ reader: inout JSONReader, _ parsed: inout ParsedMessage) throws {
        var stamp: Timestamp?
        var count: Int?
        let first = parsed.readings.count
        while let key = try reader.nextKey() {
            switch key {
            case "ts":
                guard stamp == nil else { throw MessageRefusal("the key 'ts' comes twice") }
                stamp = try origin(&reader)
            case "data":
                guard count == nil else { throw MessageRefusal("the key 'data' comes twice") }
                count = try values(&reader, &parsed)
            default:
                try reader.skipValue()
            }
        }
        guard let stamp else { throw MessageRefusal("a record has no 'ts' with an 'origin'") }
        guard let count else { throw MessageRefusal("a record has no 'data'") }
        guard count == form.columns.count else {
            throw MessageRefusal(
                "a record has \(count) values, the mapping's columns are \(form.columns.count): they must agree")
        }
        for index in first..<parsed.readings.count { parsed.readings[index].stamp = parsed.stamps.count }
        parsed.stamps.append(stamp)
    }

    private func origin(_ reader: inout JSONReader) throws -> Timestamp? {
        var stamp: Timestamp?
        try reader.beginObject()
        while let key = try reader.nextKey() {
            guard key == "origin" else {
                try reader.skipValue()
                continue
            }
            try reader.beginArray()
            guard
                case .number(let seconds) = try reader.next(), let seconds = seconds.integer,
                case .number(let nanoseconds) = try reader.next(), let nanoseconds = nanoseconds.integer,
                case .endArray = try reader.next()
            else { throw MessageRefusal("an 'origin' is not [seconds, nanoseconds]") }
            stamp = try Stamp.read(seconds: seconds, nanoseconds: nanoseconds)
        }
        return stamp
    }

    /// Reads the values of a record; returns how many there are.
    private func values(_ reader: inout JSONReader, _ parsed: inout ParsedMessage) throws -> Int {
        try reader.beginArray()
        var position = 0
        while let token = try reader.nextElement() {
            defer { position += 1 }
            guard position < form.columns.count, form.columns[position] != nil else {
                try reader.skipRest(of: token)
                continue
            }
            var reading = Reading()
            reading.index = position
            if let value = try value(token, &reader) {
                reading.value = value
                parsed.readings.append(reading)
            } else {
                parsed.refusals.append(Refusal(index: position, reason: "is no number"))
            }
        }
        return position
    }

    private func value(_ token: JSONToken, _ reader: inout JSONReader) throws(JSONError) -> Double? {
        switch token {
        case .number(let number): return number.double
        case .text(let text): return JSONNumber(text.raw)?.double
        default:
            try reader.skipRest(of: token)
            return nil
        }
    }
}
