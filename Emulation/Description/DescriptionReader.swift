import Runtime

/// Reads the parts of `emulation.yaml`: a mapping with its parts, lists and quantities.
struct DescriptionReader {
    let mapping: MappingReader

    init(_ mapping: MappingReader) { self.mapping = mapping }

    /// The mapping of a key; nil if it is not given.
    func part(_ key: String, _ keys: [String]) -> DescriptionReader? {
        mapping.node(key).map { node in
            DescriptionReader(MappingReader(node, name: "\(mapping.name).\(key)", keys: keys, file: mapping.file, problems: mapping.problems))
        }
    }

    /// The mappings of a list.
    func parts(_ key: String, _ what: String, _ keys: [String]) -> [DescriptionReader] {
        (mapping.items(key, of: "mappings") ?? []).map { node in
            DescriptionReader(MappingReader(node, name: "a \(what)", keys: keys, file: mapping.file, problems: mapping.problems))
        }
    }

    func texts(_ key: String) -> [String] { (mapping.texts(key, of: "texts") ?? []).map(\.text) }

    func required(_ key: String, _ expected: String) -> String { mapping.requiredText(key, expected: expected) ?? "" }

    func requiredNumber(_ key: String, _ range: ClosedRange<Double>) -> Double {
        if !mapping.has(key) { mapping.missing(key, expected: "a number, \(range.lowerBound) … \(range.upperBound)") }
        return mapping.number(key, in: range) ?? range.lowerBound
    }

    /// A duration with its unit, in seconds.
    func seconds(_ key: String, _ range: ClosedRange<Double>) -> Double? {
        mapping.duration(key, in: Int64(range.lowerBound * 1e9)...Int64(range.upperBound * 1e9)).map { duration in
            Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
        }
    }

    /// `06:30`, in seconds of the day.
    func timeOfDay(_ key: String) -> Int? {
        guard let text = mapping.text(key, expected: "a time such as \"06:30\"") else { return nil }
        let parts = text.split(separator: ":").map { Int($0) }
        if parts.count == 2, let hour = parts[0], let minute = parts[1], (0...23).contains(hour), (0...59).contains(minute) { return hour * 3600 + minute * 60 }
        mapping.report(key, "'\(key)' of \(mapping.name) is malformed (expected a time such as \"06:30\", in quotes; got '\(text)')")
        return nil
    }

    /// `assets` and `share`.
    var selection: Trouble.Selection { Trouble.Selection(names: Set(texts("assets")), share: mapping.number("share", in: 0...1) ?? 0) }
}
