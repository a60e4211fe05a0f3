internal import Glibc

/// One field of a line: where its key is, and its value.
struct LineProtocolField: Sendable {
    var keyStart: Int
    var keyEnd: Int
    var type: FieldType
    /// The value of a float (its bit pattern), of an integer (two's complement) or of a boolean (0 or 1).
    var bits: UInt64
    /// Where the text of a text value is, between its quotes.
    var text: Range<Int>
    /// Whether the text has escapes.
    var isEscaped: Bool
}

/// Parses the lines of the InfluxDB 1.x line protocol, one at a time, into storage that it uses again for the next.
///
/// `measurement[,tag=value…] field=value[,field=value…] [timestamp]`. The measurement with its tags is only delimited here,
/// because most lines repeat one; ``LineProtocolSeriesKey`` parses it. After a fault the contents mean nothing.
struct LineProtocolParser: Sendable {
    let options: LineProtocolOptions
    /// The end of the measurement with its tags, which start at 0.
    private(set) var keyEnd = 0
    private(set) var fields: [LineProtocolField] = []
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    private(set) var time: Int64 = 0

    init(options: LineProtocolOptions) { self.options = options }

    /// Parses a line, not empty and without its newline. A line without a timestamp gets `now`, rounded down to the precision.
    mutating func parse(
        _ line: UnsafeBufferPointer<UInt8>, precision: LineProtocolPrecision, now: Int64
    ) throws(LineProtocolFault) {
        fields.removeAll(keepingCapacity: true)
        keyEnd = Self.endOfKey(line)
        guard keyEnd < line.count else { throw .missingFields }
        guard keyEnd <= options.maximumKeyBytes else { throw .keyTooLong(keyEnd, maximum: options.maximumKeyBytes) }
        var index = Self.endOfWhiteSpace(line, from: keyEnd)
        while true {
            try parseField(line, &index)
            guard index < line.count, line[index] == UInt8(ascii: ",") else { break }
            index += 1
        }
        time = try Self.timestamp(line, from: index, precision: precision, now: now)
    }

    /// The first space after the first byte that no backslash precedes, or the end.
    static func endOfKey(_ line: UnsafeBufferPointer<UInt8>) -> Int {
        guard let base = line.baseAddress else { return 0 }
        var from = 1
        while from < line.count, let found = memchr(base + from, 0x20, line.count - from) {
            let index = UnsafeRawPointer(found) - UnsafeRawPointer(base)
            if line[index - 1] != UInt8(ascii: "\\") { return index }
            from = index + 1
        }
        return line.count
    }

    static func endOfWhiteSpace(_ line: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var index = start
        while index < line.count, line[index] == UInt8(ascii: " ") || line[index] == UInt8(ascii: "\t") || line[index] == 0 {
            index += 1
        }
        return index
    }

    /// Parses `key=value` and moves to the comma, the space or the end after it.
    private mutating func parseField(_ line: UnsafeBufferPointer<UInt8>, _ index: inout Int) throws(LineProtocolFault) {
        let start = index
        let end = try Self.endOfFieldKey(line, from: start)
        guard end > start else { throw .missingFieldKey }
        index = end + 1
        guard index < line.count, line[index] != UInt8(ascii: ","), line[index] != UInt8(ascii: " ") else { throw .missingFieldValue }
        var field = LineProtocolField(keyStart: start, keyEnd: end, type: .float, bits: 0, text: 0..<0, isEscaped: false)
        switch line[index] {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "N"), UInt8(ascii: "n"):
            try Self.parseNumber(line, &index, into: &field)
        case UInt8(ascii: "\""):
            try Self.parseText(line, &index, into: &field)
        default:
            try Self.parseBoolean(line, &index, into: &field)
        }
        // 4 is what InfluxDB puts between the two in its keys.
        let keyBytes = keyEnd + 4 + end - start
        guard keyBytes <= options.maximumKeyBytes else { throw .keyTooLong(keyBytes, maximum: options.maximumKeyBytes) }
        guard fields.count < options.maximumFields else { throw .tooManyFields(maximum: options.maximumFields) }
        fields.append(field)
    }

    /// The `=` after the key of a field.
    private static func endOfFieldKey(_ line: UnsafeBufferPointer<UInt8>, from start: Int) throws(LineProtocolFault) -> Int {
        var index = start
        while index < line.count {
            switch line[index] {
            case UInt8(ascii: "="): return index
            case UInt8(ascii: "\\") where index + 1 < line.count: index += 2
            case UInt8(ascii: ","): throw faultOfStrayComma(line, at: index)
            case UInt8(ascii: " "): throw .invalidFieldFormat
            default: index += 1
            }
        }
        throw .invalidFieldFormat
    }

    /// A comma in front of `=` means that a key is missing; any other place of it means that a value is.
    private static func faultOfStrayComma(_ line: UnsafeBufferPointer<UInt8>, at comma: Int) -> LineProtocolFault {
        var index = comma
        while index + 1 < line.count, line[index] == UInt8(ascii: ",") { index += 1 }
        return line[index] == UInt8(ascii: "=") ? .missingFieldKey : .invalidFieldFormat
    }
}
