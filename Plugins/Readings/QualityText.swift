internal import PluginAPI

/// The optional key `quality`: the bits as a number, a name (`questionable`), or a list of names.
enum QualityText {
    static let expected =
        "has a 'quality' that is none: expected bits up to \(Quality.known.rawValue), one of good, "
        + Quality.names.joined(separator: ", ") + ", or a list of these"

    /// Reads the value; nil if it is no quality, of which the rest is skipped.
    static func read(_ reader: inout JSONReader) throws(JSONError) -> Quality? {
        let token = try reader.next()
        switch token {
        case .number(let number):
            guard let bits = number.integer, (0...Int64(Quality.known.rawValue)).contains(bits) else { return nil }
            return Quality(rawValue: UInt32(bits))
        case .text(let text):
            return Quality(named: text.string)
        case .beginArray:
            var quality: Quality? = .good
            while let element = try reader.nextElement() {
                if case .text(let name) = element, let bit = Quality(named: name.string) {
                    quality?.formUnion(bit)
                } else {
                    quality = nil
                    try reader.skipRest(of: element)
                }
            }
            return quality
        default:
            try reader.skipRest(of: token)
            return nil
        }
    }
}
