/// Types as manifests write them: `double`, `in double[n]`, `inout double[n,n] column-major`, `out string[64]`, `struct Point`,
/// `out struct Point`, `handle workspace`, `out handle database`, `callback ascending`, `pointer`.
extension DescriptionReader {
    /// A type, taken apart.
    private struct Words {
        var direction: Direction?
        var base = ""
        /// Of `struct`, `handle` and `callback`.
        var name = ""
        var dimensions: [Substring] = []
        var order: String?

        init?(_ text: String) {
            var words = text.split(separator: " ")
            if let first = words.first, let direction = Direction(rawValue: String(first)) {
                self.direction = direction
                words.removeFirst()
            }
            if let last = words.last, last == "row-major" || last == "column-major" {
                order = String(last)
                words.removeLast()
            }
            // `double[n, n]` may have a space after its comma.
            var rest = words.joined(separator: " ")[...]
            if let bracket = rest.firstIndex(of: "[") {
                guard rest.last == "]" else { return nil }
                dimensions = rest[rest.index(after: bracket)...].dropLast().split(separator: ",", omittingEmptySubsequences: false)
                    .map { Substring($0.filter { $0 != " " }) }
                guard (1...2).contains(dimensions.count), !dimensions.contains("") else { return nil }
                rest = rest[..<bracket]
            }
            let parts = rest.split(separator: " ")
            guard (1...2).contains(parts.count) else { return nil }
            base = String(parts[0])
            if parts.count == 2 {
                guard ["struct", "handle", "callback"].contains(base) else { return nil }
                name = String(parts[1])
            }
        }
    }

    static let typeForms =
        "int8 … uint64, int, uint, long, ulong, size_t, float, double or bool, alone, behind in, out or inout, or with a length as in "
        + "'in double[n]'; string, 'out string[64]', 'struct NAME', 'out struct NAME', 'handle NAME', 'out handle NAME', 'callback NAME' or pointer"

    private func unknown(_ text: String, line: Int) {
        problems.add(line, "the type '\(text)' is not known (expected \(Self.typeForms); got '\(text)')")
    }

    /// The type of a parameter, or nil after a report. `names` are those of all parameters of the function.
    func parameterType(_ text: String, line: Int, names: [String], isFortran: Bool) -> ParameterType? {
        guard let words = Words(text) else {
            unknown(text, line: line)
            return nil
        }
        if !words.dimensions.isEmpty { return sized(words, text, line: line, names: names, isFortran: isFortran) }
        if let scalar = Scalar(rawValue: words.base) {
            if let direction = words.direction { return .reference(direction, scalar) }
            return isFortran ? .reference(.input, scalar) : .scalar(scalar)
        }
        switch (words.base, words.direction) {
        case ("string", nil), ("string", .input): return .text
        case ("string", _):
            problems.add(line, "the type '\(text)' has no room (expected the bytes that the function may fill, as in 'out string[64]'; got none)")
            return nil
        case ("pointer", nil): return .pointer
        case ("struct", let direction):
            guard let type = structure(words.name, line: line) else { return nil }
            return direction.map { .structureReference($0, type) } ?? .structure(type)
        case ("handle", nil) where !words.name.isEmpty: return .handle(words.name)
        case ("handle", .output) where !words.name.isEmpty: return .handleReference(words.name)
        case ("callback", nil): return callback(words.name, line: line).map { .callback($0) }
        default:
            unknown(text, line: line)
            return nil
        }
    }

    private func sized(_ words: Words, _ text: String, line: Int, names: [String], isFortran: Bool) -> ParameterType? {
        let dimensions = words.dimensions.compactMap { dimension($0, text, line: line, names: names) }
        guard dimensions.count == words.dimensions.count else { return nil }
        if words.base == "string", words.direction == .output, dimensions.count == 1 { return .buffer(capacity: dimensions[0]) }
        guard let scalar = Scalar(rawValue: words.base) else {
            unknown(text, line: line)
            return nil
        }
        guard let direction = words.direction else {
            problems.add(line, "the type '\(text)' does not say which way it goes (expected in, out or inout in front; got neither)")
            return nil
        }
        let isColumnMajor = words.order.map { $0 == "column-major" } ?? isFortran
        return .array(direction, scalar, dimensions: dimensions, isColumnMajor: isColumnMajor)
    }

    private func dimension(_ word: Substring, _ text: String, line: Int, names: [String]) -> Dimension? {
        if let count = Int(word) {
            if (1...Self.longestArray).contains(count) { return .fixed(count) }
            problems.add(line, "the length in '\(text)' is not acceptable (expected 1 … \(Self.longestArray); got \(count))")
            return nil
        }
        if let index = names.firstIndex(of: String(word)) { return .parameter(index) }
        problems.add(line, "the length '\(word)' in '\(text)' is not known (expected a number or one of the parameters \(SectionMapping.list(names)))")
        return nil
    }

    /// Elements of an array at most: 8 MiB of doubles.
    static let longestArray = 1 << 20

    private func structure(_ name: String, line: Int) -> StructType? {
        if let type = structs[name] { return type }
        problems.add(
            line, "the struct '\(name)' is not described (expected one of those under structs, those before it alone: "
                + "\(SectionMapping.list(structs.keys.sorted())); got '\(name)')")
        return nil
    }

    /// Checks that a callback is described; the names are known before the functions are read.
    private func callback(_ name: String, line: Int) -> String? {
        if callbackNames.contains(name) { return name }
        problems.add(line, "the callback '\(name)' is not described (expected one of those under callbacks: \(SectionMapping.list(callbackNames)); got '\(name)')")
        return nil
    }

    /// The type of a member of a struct, or nil after a report.
    func memberType(_ text: String, line: Int) -> MemberType? {
        guard let words = Words(text), words.direction == nil, words.dimensions.count <= 1 else {
            unknown(text, line: line)
            return nil
        }
        if let word = words.dimensions.first {
            guard let count = Int(word), (1...4_096).contains(count) else {
                problems.add(line, "the length in '\(text)' is not acceptable (expected a number, 1 … 4096; got '\(word)')")
                return nil
            }
            if words.base == "string" { return .text(capacity: count) }
            if let scalar = Scalar(rawValue: words.base) { return .array(scalar, count: count) }
        } else if let scalar = Scalar(rawValue: words.base) {
            return .scalar(scalar)
        } else {
            switch words.base {
            case "struct": return structure(words.name, line: line).map { .structure($0) }
            case "handle" where !words.name.isEmpty: return .handle(words.name)
            case "callback": return callback(words.name, line: line).map { .callback($0) }
            case "pointer": return .pointer
            default: break
            }
        }
        unknown(text, line: line)
        return nil
    }

    /// What a function returns, or nil after a report.
    func resultType(_ text: String, line: Int) -> ResultType? {
        if text == "void" { return .nothing }
        if text == "string" { return .text }
        if text == "pointer" { return .pointer }
        if let scalar = Scalar(rawValue: text) { return .scalar(scalar) }
        if let words = Words(text), words.direction == nil, words.dimensions.isEmpty {
            if words.base == "struct" { return structure(words.name, line: line).map { .structure($0) } }
            if words.base == "handle", !words.name.isEmpty { return .handle(words.name) }
        }
        problems.add(line, "the result '\(text)' is not known (expected void, a number's type, string, pointer, 'handle NAME' or 'struct NAME'; got '\(text)')")
        return nil
    }
}
