/// Durations as manifests write them: a whole number and a unit.
public enum DurationText {
    private static let units: [(suffix: String, seconds: Int64)] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)]
    /// A hundred years.
    private static let longestSeconds: Int64 = 36_525 * 86_400

    /// The seconds of a duration, nil if the text is none of up to 36525 days.
    public static func seconds(_ text: String) -> Int64? {
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }), let count = Int64(text.dropLast()), count >= 0,
            count <= longestSeconds / unit.seconds
        else { return nil }
        return count * unit.seconds
    }

    /// In the largest unit that has no fraction.
    public static func describe(seconds: Int64) -> String {
        let unit = units.first { seconds >= $0.seconds && seconds % $0.seconds == 0 } ?? ("s", 1)
        return "\(seconds / unit.seconds)\(unit.suffix)"
    }
}
