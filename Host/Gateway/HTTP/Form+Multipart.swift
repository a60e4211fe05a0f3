extension Form {
    /// Reads a `multipart/form-data` body (RFC 7578) as curl's `-F q=…` sends it; nil without a well-formed boundary. A part without a
    /// name, or whose value is not UTF-8, is left out.
    init?(multipart body: some Collection<UInt8>, contentType: String) {
        guard let boundary = Form.parameter("boundary", of: contentType), (1...70).contains(boundary.utf8.count) else { return nil }
        self.init()
        let lineEnd = Array("\r\n".utf8)
        let bytes = lineEnd + Array(body)
        let parts = bytes.split(separator: lineEnd + Array("--\(boundary)".utf8), maxSplits: 256, omittingEmptySubsequences: false)
        // Before the first boundary stands nothing of interest; the last one is followed by two hyphens.
        for part in parts.dropFirst().prefix(while: { !$0.starts(with: "--".utf8) }) {
            guard let blank = part.firstRange(of: lineEnd + lineEnd), let name = Form.partName(part[..<blank.lowerBound]),
                let value = String(validating: part[blank.upperBound...], as: UTF8.self)
            else { continue }
            append(name, value)
        }
    }

    private static func partName(_ header: ArraySlice<UInt8>) -> String? {
        let lines = String(decoding: header, as: UTF8.self).split(separator: "\r\n")
        guard let line = lines.first(where: { $0.lowercased().hasPrefix("content-disposition:") }) else { return nil }
        return parameter("name", of: String(line))
    }

    /// The value of `; name=value` or `; name="value"` in a header field.
    private static func parameter(_ name: String, of field: String) -> String? {
        for piece in field.split(separator: ";").dropFirst() {
            let pair = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, pair[0].filter({ $0 != " " }).lowercased() == name else { continue }
            let value = pair[1].drop { $0 == " " }
            return value.hasPrefix("\"") ? String(value.dropFirst().prefix { $0 != "\"" }) : String(value.prefix { $0 != " " })
        }
        return nil
    }
}
