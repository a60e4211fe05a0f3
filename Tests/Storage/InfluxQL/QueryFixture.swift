@testable import Storage

/// A small set of phasor measurements and the engine over it.
struct QueryFixture {
    let driver: MemoryDriver
    let engine: InfluxQLEngine

    init(options: InfluxQLOptions = InfluxQLOptions(), runLength: Int = 3) throws {
        driver = MemoryDriver(runLength: runLength)
        engine = InfluxQLEngine(driver: driver, options: options)
        try driver.write(
            """
            pmu,device=a,phase=A value=1.5,n=3i,ok=true,s="x\\"y" 1700000000000000000
            pmu,device=a,phase=A value=7.75 1700000001000000000
            pmu,device=a,phase=A value=9 1700000002000000000
            pmu,device=b,phase=A value=-0.03 1700000000500000000
            pmu,device=c value=1 1700000000000000000
            meter,serial=1\\ 2 energy=5i 1700000000000000000
            """, to: "telegraf")
    }

    /// The JSON of a query, without the enclosing `{"results":[…]}`.
    func answer(_ text: String, epoch: EpochPrecision? = .milliseconds, parameters: String? = nil) -> String {
        let json = String(
            decoding: engine.execute(
                text, database: "telegraf", epoch: epoch, parameters: parameters, now: 1_700_000_010_000_000_000
            ).json(), as: UTF8.self)
        let (head, tail) = ("{\"results\":[", "]}\n")
        guard json.hasPrefix(head), json.hasSuffix(tail) else { return json }
        return String(json.dropFirst(head.count).dropLast(tail.count))
    }

    /// The rows of the only series of an answer, as JSON.
    func rows(_ text: String, epoch: EpochPrecision? = .milliseconds) -> String {
        let answer = answer(text, epoch: epoch)
        guard let start = answer.firstRange(of: "\"values\":") else { return answer }
        return String(answer[start.upperBound...].dropLast("}]}".count))
    }
}
