import PluginAPI

/// Reads problems in the form `community-balancing-1`: one JSON object with households, batteries, EVs, heaters, weights and what is wanted.
///
/// A streaming reader: the largest problems (hundreds of households with a value for each quarter of an hour) are a few megabytes.
public enum CaseReader {
    /// - Throws: ``BalancingError`` with the place and what was expected.
    public static func problem(_ bytes: UnsafeRawBufferPointer) throws(BalancingError) -> BalancingProblem {
        var document = CaseDocument()
        do throws(JSONError) {
            var reader = JSONReader(bytes)
            try document.read(&reader)
            try reader.end()
        } catch {
            throw .invalid("the problem can't be read, \(error)")
        }
        return try document.problem()
    }
}

/// What stands in the document, before it is checked.
struct CaseDocument {
    var steps = 0
    var stepHours = 0.25
    var useCase = ""
    var limits = (imports: Double.nan, exports: Double.nan)
    var prices = BalancingPrices()
    var needsModes = false
    var households: [CaseObject] = []
    var batteries: [CaseObject] = []
    var tasks: [CaseObject] = []
    var heaters: [CaseObject] = []
    var setPoints: [CaseObject] = []
    var packages: [CaseObject] = []
    var direction = ""

    mutating func read(_ reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "steps": steps = Int(try reader.number().double ?? 0)
            case "dt_h": stepHours = try reader.number().double ?? .nan
            case "use_case": useCase = try reader.text().string
            case "transformer":
                let transformer = try CaseObject(&reader)
                limits = (transformer.numbers["p_import_max_kw"] ?? .nan, transformer.numbers["p_export_max_kw"] ?? .nan)
            case "weights": prices.take(try CaseObject(&reader).numbers)
            case "battery_mode_binary": needsModes = try reader.boolean()
            case "households": households = try CaseObject.list(&reader)
            case "batteries": batteries = try CaseObject.list(&reader)
            case "evs": tasks = try CaseObject.list(&reader)
            case "heaters": heaters = try CaseObject.list(&reader)
            case "params": try readParameters(&reader)
            default: try reader.skipValue()
            }
        }
    }

    private mutating func readParameters(_ reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextKey() {
            switch key {
            case "setpoints": setPoints = try CaseObject.list(&reader)
            case "packages": packages = try CaseObject.list(&reader)
            case "direction": direction = try reader.text().string
            default: try reader.skipValue()
            }
        }
    }
}

/// One object of the document: its numbers, texts, truth values and lists of numbers.
struct CaseObject {
    var numbers: [String: Double] = [:]
    var texts: [String: String] = [:]
    var truths: [String: Bool] = [:]
    var series: [String: [Double]] = [:]

    init(_ reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        try readMembers(&reader)
    }

    private init() {}

    static func list(_ reader: inout JSONReader) throws(JSONError) -> [CaseObject] {
        var objects: [CaseObject] = []
        try reader.beginArray()
        while let token = try reader.nextElement() {
            var object = CaseObject()
            if case .beginObject = token { try object.readMembers(&reader) } else { try reader.skipRest(of: token) }
            objects.append(object)
        }
        return objects
    }

    private mutating func readMembers(_ reader: inout JSONReader) throws(JSONError) {
        while let key = try reader.nextKey() {
            let name = key.string
            switch try reader.next() {
            case .number(let number): numbers[name] = number.double ?? .nan
            case .text(let text): texts[name] = text.string
            case .boolean(let truth): truths[name] = truth
            case .beginArray: series[name] = try Self.values(&reader)
            case .beginObject: try reader.skipRest(of: .beginObject)
            default: break
            }
        }
    }

    private static func values(_ reader: inout JSONReader) throws(JSONError) -> [Double] {
        var values: [Double] = []
        values.reserveCapacity(96)
        while let token = try reader.nextElement() {
            if case .number(let number) = token { values.append(number.double ?? .nan) } else { try reader.skipRest(of: token) }
        }
        return values
    }
}

extension BalancingPrices {
    /// Takes the weights of a document, by their names there.
    mutating func take(_ weights: [String: Double]) {
        func set(_ name: String, _ path: WritableKeyPath<BalancingPrices, Double>) { if let weight = weights[name] { self[keyPath: path] = weight } }
        set("exchange", \.exchange)
        set("peak", \.peak)
        set("curtail", \.curtailment)
        set("throughput", \.throughput)
        set("ev_shortfall", \.taskShortfall)
        set("heat_shortfall", \.heatShortfall)
        set("overload", \.overload)
        set("deviation", \.deviation)
        set("residual", \.residual)
        set("package", \.package)
    }
}
