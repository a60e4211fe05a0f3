/// The field that holds the quality flags of another one, `voltage:quality` of `voltage`.
///
/// It is written from the first point on whose flags are not 0, for every point of that column; a point without it is good.
enum QualityField {
    static let suffix = ":quality"

    static func name(of field: String) -> String { field + suffix }

    static func isOne(_ field: String) -> Bool { field.hasSuffix(suffix) }

    /// The field whose flags a quality field holds.
    static func base(of field: String) -> String { String(field.dropLast(suffix.count)) }
}
