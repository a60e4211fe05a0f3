import PluginAPI

/// The series that the store has of a measurement.
struct StoreCatalogue {
    struct Series {
        let tags: [String: String]
        let field: String
    }

    let series: [Series]

    /// - Returns: nothing if there is no such measurement yet.
    init(_ timeseries: TimeSeries, database: String, measurement: String) throws(ServiceError) {
        do throws(ServiceError) {
            series = try timeseries.find(database: database, measurement: measurement).map { Series(tags: $0.tags, field: $0.field) }
        } catch {
            guard error.status == .notFound else { throw error }
            series = []
        }
    }

    /// The values of a tag, in their order for people: numbers within names by their size.
    func values(of tag: String) -> [String] {
        Set(series.compactMap { $0.tags[tag] }).sorted(by: NaturalOrder.precedes)
    }

    /// The fields of the series that have a tag with a value.
    func fields(_ tag: String, _ value: String) -> Set<String> { Set(series.filter { $0.tags[tag] == value }.map(\.field)) }

    /// Of these tags, those by which the series with a tag's value differ.
    func distinguishing(_ candidates: [String], _ tag: String, _ value: String) -> [String] {
        let meant = series.filter { $0.tags[tag] == value }
        return candidates.filter { candidate in Set(meant.map { $0.tags[candidate] ?? "" }).count > 1 }
    }
}

/// Names as people order them: `pmu-2` before `pmu-10`.
enum NaturalOrder {
    static func precedes(_ left: String, _ right: String) -> Bool {
        let (a, b) = (Array(left.utf8), Array(right.utf8))
        var (i, j) = (0, 0)
        while i < a.count, j < b.count {
            let (first, second) = (number(a, i), number(b, j))
            if first > i, second > j {
                let (x, y) = (a[i..<first].drop { $0 == 0x30 }, b[j..<second].drop { $0 == 0x30 })
                if x.count != y.count { return x.count < y.count }
                if x.elementsEqual(y) == false { return x.lexicographicallyPrecedes(y) }
                (i, j) = (first, second)
            } else {
                if a[i] != b[j] { return a[i] < b[j] }
                (i, j) = (i + 1, j + 1)
            }
        }
        // Equal but for zeros: any order that is always the same.
        return a.count - i != b.count - j ? a.count - i < b.count - j : left < right
    }

    private static func number(_ bytes: [UInt8], _ start: Int) -> Int {
        var end = start
        while end < bytes.count, (0x30...0x39).contains(bytes[end]) { end += 1 }
        return end
    }
}
