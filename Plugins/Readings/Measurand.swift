/// A measured quantity with its unit: the platform's contract for PMU messages. Voltages are phase to ground, powers single-phase.
public struct Measurand: Sendable {
    public let name: StaticString
    public let unit: Unit

    /// The measurands of the platform's contract.
    public static let known: [Measurand] = [
        Measurand(name: "voltmagnitude", unit: .volt), Measurand(name: "voltangle", unit: .radian),
        Measurand(name: "currmagnitude", unit: .ampere), Measurand(name: "currangle", unit: .radian),
        Measurand(name: "activepower", unit: .watt), Measurand(name: "reactivepower", unit: .voltAmpereReactive),
        Measurand(name: "apparentpower", unit: .voltAmpere), Measurand(name: "frequency", unit: .hertz),
        Measurand(name: "rocof", unit: .hertzPerSecond),
        // What meters count of the other direction, and their registers.
        Measurand(name: "activepower_reverse", unit: .watt), Measurand(name: "reactivepower_reverse", unit: .voltAmpereReactive),
        Measurand(name: "activeenergy", unit: .wattHour), Measurand(name: "activeenergy_reverse", unit: .wattHour),
        Measurand(name: "reactiveenergy", unit: .voltAmpereReactiveHour),
        Measurand(name: "reactiveenergy_reverse", unit: .voltAmpereReactiveHour),
    ]

    /// The known measurand of that name.
    public static func named(_ name: UnsafeRawBufferPointer) -> Measurand? {
        known.first { measurand in
            measurand.name.utf8CodeUnitCount == name.count
                && zip(name, UnsafeBufferPointer(start: measurand.name.utf8Start, count: name.count)).allSatisfy(==)
        }
    }

    /// Whether a name can be a field: letters, digits and underscores, at most 64, not beginning with a digit.
    public static func isFieldName(_ name: some Collection<UInt8>) -> Bool {
        guard let first = name.first, name.count <= 64, !(0x30...0x39).contains(first) else { return false }
        return name.allSatisfy { byte in
            byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte)
        }
    }

    /// The same of a text.
    public static func isFieldName(_ name: String) -> Bool { isFieldName(name.utf8) }
}

/// Units of the known measurands, and what others convert to them.
public enum Unit: String, Sendable {
    case volt = "V"
    case ampere = "A"
    case radian = "rad"
    case watt = "W"
    case voltAmpereReactive = "var"
    case voltAmpere = "VA"
    case hertz = "Hz"
    case hertzPerSecond = "Hz/s"
    case wattHour = "Wh"
    case voltAmpereReactiveHour = "varh"

    /// What a value in a unit named `text` is multiplied by to be in this one; nil if it is no unit of this quantity.
    public func factor(from text: String) -> Double? {
        if text == rawValue { return 1 }
        switch (self, text) {
        case (.radian, "deg"), (.radian, "°"): return .pi / 180
        case (.radian, "mrad"): return 1e-3
        case (.voltAmpereReactive, "VAr"), (.voltAmpereReactive, "VAR"), (.voltAmpereReactive, "Var"): return 1
        case (.radian, _): return nil
        default: break
        }
        let prefixes: [Character: Double] = ["m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9]
        guard let prefix = text.first.flatMap({ prefixes[$0] }) else { return nil }
        let rest = String(text.dropFirst())
        return factor(from: rest) == 1 ? prefix : nil
    }
}
