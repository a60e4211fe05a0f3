extension ConfigValue {
    /// Takes a YAML node by the core schema of YAML 1.2 (section 10.3): only plain scalars can be numbers, booleans or null, and
    /// `yes`, `no`, `on`, `off` are texts. What JSON can't say (infinity, not a number) is reported.
    init(_ node: ManifestNode, file: String, problems: ProblemList) {
        switch node.content {
        case .scalar(let text, isPlain: false): self = .text(text)
        case .scalar(let text, isPlain: true):
            self = Self.plain(text) { sentence in problems.add(ManifestPlace(file: file, line: node.line), sentence) }
        case .list(let items): self = .list(items.map { ConfigValue($0, file: file, problems: problems) })
        case .mapping(let entries):
            self = .object(entries.map { Member(key: $0.key, value: ConfigValue($0.value, file: file, problems: problems)) })
        }
    }

    private static func plain(_ text: String, report: (String) -> Void) -> ConfigValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .boolean(true)
        case "false", "False", "FALSE": return .boolean(false)
        default: break
        }
        guard let first = text.utf8.first, isNumeric(first) else { return .text(text) }
        if [".inf", "-.inf", "+.inf", ".nan"].contains(text.lowercased()) {
            report("'\(text)' can't be given to a service (expected a finite number; got '\(text)'; leave the key out instead)")
            return .null
        }
        if let whole = integer(text) { return whole }
        if isDecimal(text), let number = Double(text.hasPrefix("+") ? String(text.dropFirst()) : text), number.isFinite {
            return .number(number)
        }
        return .text(text)
    }

    private static func isNumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || [UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: ".")].contains(byte)
    }

    private static func integer(_ text: String) -> ConfigValue? {
        if text.hasPrefix("0x"), let value = Int64(text.dropFirst(2), radix: 16) { return .integer(value) }
        if text.hasPrefix("0o"), let value = Int64(text.dropFirst(2), radix: 8) { return .integer(value) }
        return Int64(text).map { .integer($0) }
    }

    /// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
    private static func isDecimal(_ text: String) -> Bool {
        var rest = Substring(text)
        func takeDigits() -> Int {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            rest = rest.dropFirst(digits.count)
            return digits.count
        }
        func takeSign() {
            if rest.first == "-" || rest.first == "+" { rest = rest.dropFirst() }
        }
        takeSign()
        var digits = takeDigits()
        if rest.first == "." {
            rest = rest.dropFirst()
            digits += takeDigits()
        }
        guard digits > 0 else { return false }
        if rest.first == "e" || rest.first == "E" {
            rest = rest.dropFirst()
            takeSign()
            guard takeDigits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}
