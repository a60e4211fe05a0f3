public import PluginAPI

/// A reading with all its names, from the message, its topic or its form, and its value in the unit of its measurand.
public struct NamedReading {
    public var device: UnsafeRawBufferPointer
    /// Empty if nothing names one; so too the phase.
    public var component: UnsafeRawBufferPointer
    public var phase: UnsafeRawBufferPointer
    public var measurand: UnsafeRawBufferPointer
    public var time: Timestamp
    /// In the unit of a known measurand (see ``Measurand``); of another as it came.
    public var value: Double
    /// In the unit of the value.
    public var uncertainty: Double?
    public var quality: Quality
    /// The value is the mean over so many seconds before `time`; 0 for an instant.
    public var intervalSeconds = 0.0
}

extension MessageForm {
    /// The device that a message names, else that of its topic, else that of the form; empty if there is none.
    public func device(of parsed: ParsedMessage, topic: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        if !parsed.device.isEmpty { return parsed.device }
        if deviceTopicLevel > 0, let level = level(deviceTopicLevel, of: topic), !level.isEmpty { return level }
        return device.bytes
    }

    private func level(_ number: Int, of topic: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let levels = topic.split(separator: UInt8(ascii: "/"), maxSplits: number, omittingEmptySubsequences: false)
        return number <= levels.count ? UnsafeRawBufferPointer(rebasing: levels[number - 1]) : nil
    }

    /// Gives a reading of a message its names and its unit.
    /// - Parameter named: takes the result, valid as long as message and form.
    /// - Returns: why the reading can't be used, as the end of a sentence that begins with the reading; nil if it can.
    @inline(__always)
    public func name(
        _ reading: Reading, of parsed: ParsedMessage, device: UnsafeRawBufferPointer, into named: inout NamedReading?
    ) -> String? {
        var result = NamedReading(
            device: reading.device.isEmpty ? device : reading.device, component: reading.component.isEmpty ? component.bytes : reading.component, phase: reading.phase,
            measurand: reading.measurand, time: parsed.stamps[reading.stamp], value: 0, uncertainty: nil, quality: reading.quality,
            intervalSeconds: reading.intervalSeconds)
        if format == .villas, let column = columns[reading.index] {
            result.component = column.component.bytes
            result.measurand = column.measurand.bytes
            result.phase = column.phase.bytes
        }
        var factor = reading.factor
        if !reading.unit.isEmpty {
            guard let converted = Self.unitFactor(reading) else { return Self.unitRefusal(reading) }
            factor = converted
        }
        result.value = reading.value * factor
        guard result.value.isFinite else { return "has a value too large for a double" }
        if reading.hasUncertainty { result.uncertainty = reading.uncertainty * factor }
        named = result
        return nil
    }

    /// What the value is multiplied by to be in the measurand's unit. Nothing is known of unknown measurands: theirs stay.
    private static func unitFactor(_ reading: Reading) -> Double? {
        guard let measurand = Measurand.named(reading.measurand) else { return reading.factor }
        return measurand.unit.factor(from: String(decoding: reading.unit, as: UTF8.self))
    }

    private static func unitRefusal(_ reading: Reading) -> String {
        let expected = Measurand.named(reading.measurand)?.unit.rawValue ?? ""
        return "has the unit '\(shown(reading.unit))', \(shown(reading.measurand)) is in \(expected)"
    }
}
