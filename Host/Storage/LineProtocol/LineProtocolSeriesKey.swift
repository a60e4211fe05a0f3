/// The measurement and the tags of a line, parsed.
struct LineProtocolSeriesKey {
    private(set) var measurement: String
    /// Sorted by key, each key once, none of them empty.
    private(set) var tags: [Tag]

    /// Parses what stands in front of the first space of a line.
    init(_ line: UnsafeBufferPointer<UInt8>, options: LineProtocolOptions) throws(LineProtocolFault) {
        var index = try Self.endOfMeasurement(line)
        measurement = Self.unescaped(line[0..<index], escapable: Self.nameEscapes)
        tags = []
        var tagCount = 0
        while line[index] == UInt8(ascii: ",") {
            let keyStart = index + 1
            let keyEnd = try Self.endOfTagKey(line, from: keyStart)
            index = try Self.endOfTagValue(line, from: keyEnd + 1, mayBeEmpty: !options.refusesEmptyTagValues)
            tagCount += 1
            guard tagCount <= options.maximumTags else { throw .tooManyTags(maximum: options.maximumTags) }
            let value = line[(keyEnd + 1)..<index]
            let key = Self.unescaped(line[keyStart..<keyEnd], escapable: Self.tagEscapes)
            tags.append(Tag(key, Self.unescaped(value, escapable: Self.tagEscapes)))
        }
        tags.sort()
        for (left, right) in zip(tags, tags.dropFirst()) where left.key == right.key { throw .duplicateTags }
        tags.removeAll { $0.value.isEmpty }
    }

    /// The bytes that a backslash escapes in the names of measurements and fields, and in tags.
    static let nameEscapes: StaticString = ",\" ="
    static let tagEscapes: StaticString = ", ="

    /// The text with its escapes resolved. A backslash in front of any other byte stands for itself.
    static func unescaped(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, escapable: StaticString) -> String {
        guard bytes.contains(UInt8(ascii: "\\")) else { return String(decoding: bytes, as: UTF8.self) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let next = index + 1
            let isEscape = bytes[index] == UInt8(ascii: "\\") && next < bytes.endIndex
            if isEscape, escapable.withUTF8Buffer({ $0.contains(bytes[next]) }) { index = next }
            result.append(bytes[index])
            index += 1
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The comma or space after the measurement.
    private static func endOfMeasurement(_ line: UnsafeBufferPointer<UInt8>) throws(LineProtocolFault) -> Int {
        guard let first = line.first, first != UInt8(ascii: ",") else { throw .missingMeasurement }
        var index = 1
        while index < line.count {
            if isDelimiter(line, index, UInt8(ascii: ",")) || isDelimiter(line, index, UInt8(ascii: " ")) { return index }
            index += 1
        }
        throw .missingFields
    }

    /// The `=` after the key of a tag.
    private static func endOfTagKey(_ line: UnsafeBufferPointer<UInt8>, from start: Int) throws(LineProtocolFault) -> Int {
        guard start < line.count, line[start] != UInt8(ascii: " "), line[start] != UInt8(ascii: ","), line[start] != UInt8(ascii: "=")
        else { throw .missingTagKey }
        var index = start + 1
        while index < line.count {
            if isDelimiter(line, index, UInt8(ascii: "=")) { return index }
            if isDelimiter(line, index, UInt8(ascii: " ")) || isDelimiter(line, index, UInt8(ascii: ",")) { throw .missingTagValue }
            index += 1
        }
        throw .missingTagValue
    }

    /// The comma or space after the value of a tag.
    private static func endOfTagValue(
        _ line: UnsafeBufferPointer<UInt8>, from start: Int, mayBeEmpty: Bool
    ) throws(LineProtocolFault) -> Int {
        guard start < line.count else { throw .missingTagValue }
        if line[start] == UInt8(ascii: ",") || line[start] == UInt8(ascii: " ") {
            if mayBeEmpty { return start }
            throw .missingTagValue
        }
        var index = start + 1
        while index < line.count {
            if isDelimiter(line, index, UInt8(ascii: "=")) { throw .invalidTagFormat }
            if isDelimiter(line, index, UInt8(ascii: ",")) || isDelimiter(line, index, UInt8(ascii: " ")) { return index }
            index += 1
        }
        throw .missingFields
    }

    private static func isDelimiter(_ line: UnsafeBufferPointer<UInt8>, _ index: Int, _ byte: UInt8) -> Bool {
        line[index] == byte && line[index - 1] != UInt8(ascii: "\\")
    }
}
