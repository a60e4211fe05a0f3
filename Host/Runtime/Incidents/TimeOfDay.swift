internal import Glibc

/// Times as text.
enum TimeOfDay {
    /// RFC 3339 in UTC with milliseconds.
    static func text(_ nanoseconds: Int64) -> String {
        let milliseconds = nanoseconds / 1_000_000
        var seconds = time_t(milliseconds / 1_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 32)
        let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%S", &parts)
        let text = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fraction = String(1_000 + milliseconds % 1_000).dropFirst()
        return "\(text).\(fraction)Z"
    }
}
