import HTTPTypes

/// What clients of InfluxDB 1.x expect beside the bodies.
enum Influx {
    /// A version whose features clients may expect of us.
    static let version = "1.8.10"
    /// A literal that is a valid header name.
    static let errorHeader = HTTPField.Name("X-Influxdb-Error")!
    private static let versionHeader = HTTPField.Name("X-Influxdb-Version")!
    private static let buildHeader = HTTPField.Name("X-Influxdb-Build")!

    static func addHeaders(to headers: inout HTTPFields) {
        headers[versionHeader] = version
        headers[buildHeader] = "OSS"
    }

    /// A sentence that may stand in a header: printable ASCII, not too long.
    static func headerText(_ text: String) -> String {
        String(decoding: text.utf8.prefix(1024).map { (0x20..<0x7f).contains($0) ? $0 : UInt8(ascii: " ") }, as: UTF8.self)
    }
}
