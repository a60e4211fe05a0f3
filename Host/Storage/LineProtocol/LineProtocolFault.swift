/// Why a line cannot be parsed. Made for every bad line, so it holds no text; ``sentence(in:)`` makes it.
enum LineProtocolFault: Error, Equatable {
    case missingMeasurement, missingTagKey, missingTagValue, invalidTagFormat, duplicateTags
    case missingFields, missingFieldKey, missingFieldValue, invalidFieldFormat, unbalancedQuotes
    case invalidNumber, invalidFloat, invalidBoolean, badTimestamp, pointIsInvalid, timeOutsideRange, invalidUTF8
    /// Digits at `range` of the line that no `Int64` holds.
    case integerOutOfRange(Range<Int>)
    /// A timestamp at `range` of the line that no `Int64` holds.
    case timestampOutOfRange(Range<Int>)
    /// A timestamp at `range` of the line without digits.
    case timestampWithoutDigits(Range<Int>)
    case keyTooLong(Int, maximum: Int)
    case tooManyTags(maximum: Int)
    case tooManyFields(maximum: Int)

    /// What InfluxDB 1.x says after "unable to parse '…': "; clients look for these words.
    func sentence(in line: UnsafeBufferPointer<UInt8>) -> String {
        func text(_ range: Range<Int>) -> String {
            String(decoding: line[range].prefix(LineProtocolRefusals.quotedBytes), as: UTF8.self)
        }
        switch self {
        case .missingMeasurement: return "missing measurement"
        case .missingTagKey: return "missing tag key"
        case .missingTagValue: return "missing tag value"
        case .invalidTagFormat: return "invalid tag format"
        case .duplicateTags: return "duplicate tags"
        case .missingFields: return "missing fields"
        case .missingFieldKey: return "missing field key"
        case .missingFieldValue: return "missing field value"
        case .invalidFieldFormat: return "invalid field format"
        case .unbalancedQuotes: return "unbalanced quotes"
        case .invalidNumber: return "invalid number"
        case .invalidFloat: return "invalid float"
        case .invalidBoolean: return "invalid boolean"
        case .badTimestamp: return "bad timestamp"
        case .pointIsInvalid: return "point is invalid"
        case .invalidUTF8: return "invalid UTF-8"
        case .timeOutsideRange:
            let range = LineProtocolPrecision.storableTimes
            return "time outside range \(range.lowerBound) - \(range.upperBound)"
        case .integerOutOfRange(let digits):
            return "unable to parse integer \(text(digits)): strconv.ParseInt: parsing \"\(text(digits))\": value out of range"
        case .timestampOutOfRange(let digits): return "strconv.ParseInt: parsing \"\(text(digits))\": value out of range"
        case .timestampWithoutDigits(let range): return "strconv.ParseInt: parsing \"\(text(range))\": invalid syntax"
        case .keyTooLong(let count, let maximum): return "max key length exceeded: \(count) > \(maximum)"
        case .tooManyTags(let maximum): return "max tags exceeded: a line may have \(maximum)"
        case .tooManyFields(let maximum): return "max fields exceeded: a line may have \(maximum)"
        }
    }
}
