/// Numbers as people read them in sentences.
enum Figures {
    /// Three or four significant figures, without trailing zeros: `412`, `83.2`, `0.953`.
    static func text(_ value: Double) -> String {
        let size = abs(value)
        return text(value, decimals: size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 4)
    }

    /// Rounded to a number of decimals, trailing zeros left out.
    static func text(_ value: Double, decimals: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
        var power = 1.0
        for _ in 0..<decimals { power *= 10 }
        let scaled = Int((abs(value) * power).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        var fraction = String(scaled % Int(power))
        guard decimals > 0 else { return sign + String(scaled) }
        fraction = String(repeating: "0", count: decimals - fraction.count) + fraction
        while fraction.last == "0" { fraction.removeLast() }
        return sign + String(scaled / Int(power)) + (fraction.isEmpty ? "" : "." + fraction)
    }

    /// Two numbers with as many decimals as it takes to tell them apart, six at most.
    static func apart(_ a: Double, _ b: Double) -> (String, String) {
        let size = max(abs(a), abs(b))
        var decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3
        while decimals < 6, text(a, decimals: decimals) == text(b, decimals: decimals) { decimals += 1 }
        return (text(a, decimals: decimals), text(b, decimals: decimals))
    }

    /// `P90` for 0.9.
    static func quantile(_ quantile: Double) -> String { "P" + text(quantile * 100, decimals: 2) }
}
