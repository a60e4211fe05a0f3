internal import PluginAPI

/// Takes one element of `readings` apart.
struct ReadingParser {
    private(set) var reading = Reading()
    /// Why the reading is refused, if it is.
    private(set) var reason: String?
    private let format: MessageFormat
    private var seen: Fields = []

    private struct Fields: OptionSet {
        let rawValue: UInt8
        static let component = Fields(rawValue: 1)
        static let measurand = Fields(rawValue: 2)
        static let phase = Fields(rawValue: 4)
        static let data = Fields(rawValue: 8)
        static let quality = Fields(rawValue: 16)
        static let unit = Fields(rawValue: 32)
        static let uncertainty = Fields(rawValue: 64)
    }

    init(format: MessageFormat, index: Int) {
        self.format = format
        reading.index = index
    }

    /// Notes the first thing that is wrong.
    mutating func refuse(_ reason: String) {
        if self.reason == nil { self.reason = reason }
    }

    /// Reads the object whose brace is read, to its end.
    mutating func parse(_ reader: inout JSONReader, _ escaped: inout EscapedTexts) throws(JSONError) {
        while let key = try reader.nextKey() {
            guard let field = field(of: key) else {
                try reader.skipValue()
                continue
            }
            if seen.contains(field) { refuse("has the key '\(key.string)' twice") }
            seen.insert(field)
            if field == .quality {
                if let quality = try QualityText.read(&reader) { reading.quality = quality } else { refuse(QualityText.expected) }
            } else {
                try take(field, key, try reader.next(), &reader, &escaped)
            }
        }
        if !seen.contains(.measurand) { refuse(format == .mac ? "has no 'type'" : "has no 'measurand'") }
        if !seen.contains(.data) { refuse("has no 'data'") }
        if format == .mac, reason == nil { translateMeter() }
    }

    private func field(of key: JSONText) -> Fields? {
        if format == .mac {
            switch key {
            case "source": return .phase
            case "type": return .measurand
            case "data": return .data
            default: break
            }
        } else {
            switch key {
            case "data": return .data
            case "measurand": return .measurand
            case "phase": return .phase
            case "component": return format == .pmu ? .component : nil
            default: break
            }
        }
        switch key {
        case "quality": return .quality
        case "unit": return .unit
        case "uncertainty": return .uncertainty
        default: return nil
        }
    }

    private mutating func take(
        _ field: Fields, _ key: JSONText, _ token: JSONToken, _ reader: inout JSONReader, _ escaped: inout EscapedTexts
    ) throws(JSONError) {
        switch token {
        case .text(let text):
            switch field {
            case .component: reading.component = escaped.bytes(of: text)
            case .phase: reading.phase = escaped.bytes(of: text)
            case .measurand: reading.measurand = escaped.bytes(of: text)
            case .unit: reading.unit = escaped.bytes(of: text)
            default: take(field, key, JSONNumber(text.raw), text.raw)
            }
        case .number(let number) where field == .data || field == .uncertainty:
            take(field, key, number, number.raw)
        case .null where field == .component || field == .phase || field == .unit || field == .uncertainty:
            break
        default:
            refuse("has a '\(key.string)' that is \(field == .data || field == .uncertainty ? "no number" : "no text")")
            try reader.skipRest(of: token)
        }
    }

    private mutating func take(_ field: Fields, _ key: JSONText, _ number: JSONNumber?, _ raw: UnsafeRawBufferPointer) {
        guard let value = number?.double else { return refuse("has the \(key.string) '\(shown(raw))', expected a number") }
        if field == .data {
            reading.value = value
        } else if value < 0 {
            refuse("has the negative uncertainty \(value)")
        } else {
            reading.uncertainty = value
            reading.hasUncertainty = true
        }
    }

    /// Channels 1, 2, 3 are the phases; powers are in kilowatts, kilovars and kilovoltamperes.
    private mutating func translateMeter() {
        reading.phase = MeterNames.phases[reading.phase] ?? reading.phase
        if let name = MeterNames.measurands[reading.measurand] {
            reading.measurand = name
        } else if MeterNames.kilo.contains(reading.measurand) {
            reading.factor = 1000
        }
    }
}

/// Names of the "mac" meter form and ours. The bytes are constants of the library.
private enum MeterNames {
    static let phases = NameTable([("channel_1", "A"), ("channel_2", "B"), ("channel_3", "C"), ("channel_N", "N")])
    static let measurands = NameTable([("volt", "voltmagnitude"), ("current", "currmagnitude")])
    static let kilo = NameTable([("activepower", ""), ("reactivepower", ""), ("apparentpower", "")])
}

/// A few constant names with what they stand for.
private struct NameTable: Sendable {
    private let names: [(StaticString, StaticString)]

    init(_ names: [(StaticString, StaticString)]) { self.names = names }

    subscript(name: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        names.first { bytes($0.0).elementsEqual(name) }.map { bytes($0.1) }
    }

    func contains(_ name: UnsafeRawBufferPointer) -> Bool { self[name] != nil }

    private func bytes(_ text: StaticString) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }
}
