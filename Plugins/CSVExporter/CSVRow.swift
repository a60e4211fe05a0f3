import PluginAPI
import SiteCalendar

/// Writes the cells of rows after RFC 4180.
struct CSVRow {
    private(set) var bytes: [UInt8] = []
    private let form: CSVForm
    private var isFirst = true

    init(_ form: CSVForm) { self.form = form }

    /// A text. One that a spreadsheet would take for a formula is preceded by an apostrophe.
    mutating func cell(_ text: some Collection<UInt8>) {
        separate()
        let isFormula = text.first.map { [UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 9, 13].contains($0) } ?? false
        let needsQuotes = text.contains { $0 == form.separator || $0 == UInt8(ascii: "\"") || $0 == 10 || $0 == 13 }
        if needsQuotes { bytes.append(UInt8(ascii: "\"")) }
        if isFormula { bytes.append(UInt8(ascii: "'")) }
        for byte in text {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        if needsQuotes { bytes.append(UInt8(ascii: "\"")) }
    }

    mutating func cell(_ text: String) { cell(text.utf8) }

    /// A number, to the last digit; an empty cell if it is none.
    mutating func cell(_ number: Double) {
        separate()
        guard number.isFinite else { return }
        if number == number.rounded(), abs(number) < 1e15 {
            bytes += String(Int64(number)).utf8
        } else {
            for byte in number.description.utf8 { bytes.append(byte == UInt8(ascii: ".") ? form.decimal : byte) }
        }
    }

    /// A whole number.
    mutating func cell(_ number: Int) {
        separate()
        bytes += String(number).utf8
    }

    /// A time of the site's clock, to the millisecond, and in a second cell what that is ahead of UTC: an hour that comes twice is told apart.
    mutating func cells(_ time: Timestamp, _ zone: SiteZone) {
        separate()
        let seconds = time.wholeSeconds
        let milliseconds = Int(time.nanoseconds - Int64(seconds) * 1_000_000_000) / 1_000_000
        let local = zone.local(seconds)
        let (day, second) = (local.day, local.secondOfDay)
        if form.isGerman {
            digits(day.day, 2); bytes.append(UInt8(ascii: ".")); digits(day.month, 2); bytes.append(UInt8(ascii: ".")); digits(day.year, 4)
        } else {
            digits(day.year, 4); bytes.append(UInt8(ascii: "-")); digits(day.month, 2); bytes.append(UInt8(ascii: "-")); digits(day.day, 2)
        }
        bytes.append(UInt8(ascii: " "))
        digits(second / 3600, 2); bytes.append(UInt8(ascii: ":")); digits(second / 60 % 60, 2); bytes.append(UInt8(ascii: ":")); digits(second % 60, 2)
        bytes.append(form.decimal)
        digits(milliseconds, 3)
        separate()
        let minutes = zone.offset(at: seconds) / 60
        bytes.append(minutes < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        digits(abs(minutes) / 60, 2); bytes.append(UInt8(ascii: ":")); digits(abs(minutes) % 60, 2)
    }

    /// Ends the row.
    mutating func end() {
        bytes += "\r\n".utf8
        isFirst = true
    }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    private mutating func separate() {
        if !isFirst { bytes.append(form.separator) }
        isFirst = false
    }

    private mutating func digits(_ number: Int, _ count: Int) {
        var divisor = 1
        for _ in 1..<count { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(abs(number) / divisor % 10))
            divisor /= 10
        }
    }
}

extension Timestamp {
    /// Seconds since 1970, rounded down.
    var wholeSeconds: Int {
        let whole = nanoseconds / 1_000_000_000
        return Int(nanoseconds % 1_000_000_000 < 0 ? whole - 1 : whole)
    }
}
