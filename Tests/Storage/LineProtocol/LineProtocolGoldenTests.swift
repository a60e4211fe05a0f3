import Foundation
import Storage
import Testing

/// Writes recorded from an InfluxDB 1.6.7: `influx_http_golden.json` of the reference data.
@Suite("Writes are answered as InfluxDB 1.6.7 answered them")
struct LineProtocolGoldenTests {
    private static var recording: URL {
        if let folder = ProcessInfo.processInfo.environment["DSOTP_REFERENCE_DATA"] {
            return URL(fileURLWithPath: folder).appendingPathComponent("influx_http_golden.json")
        }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
        return root.appendingPathComponent("../shared/data/influx_http_golden.json").standardizedFileURL
    }

    private struct Recording: Decodable {
        struct Exchange: Decodable {
            struct Request: Decodable {
                var path: String
                var params: [String: String]?
                var body: String?
            }
            struct Response: Decodable {
                var status: Int
                var headers: [String: String]
            }
            var name: String
            var request: Request
            var response: Response
        }
        var cases: [Exchange]
    }

    @Test("every recorded write gets the same sentence")
    func recordedWrites() throws {
        guard let data = try? Data(contentsOf: Self.recording) else {
            print("SKIPPED: no \(Self.recording.path); set DSOTP_REFERENCE_DATA to the folder of influx_http_golden.json")
            return
        }
        let writer = LineProtocolWriter(driver: LineProtocolMemoryDriver(databases: ["telegraf"]))
        var compared = 0
        for exchange in try JSONDecoder().decode(Recording.self, from: data).cases where exchange.request.path == "/write" {
            // Retention policies, compression and a missing database are the concern of the HTTP server.
            let parameters = exchange.request.params ?? [:]
            guard let database = parameters["db"], parameters["rp"] == nil,
                let body = exchange.request.body, !body.hasPrefix("base64:")
            else { continue }
            let precision = LineProtocolPrecision(parameter: parameters["precision"] ?? "")
            let sentence: String?
            do {
                sentence = try writer.write(body, database: database, precision: precision).firstError
            } catch {
                sentence = error.description
            }
            #expect(sentence == exchange.response.headers["X-Influxdb-Error"], "\(exchange.name)")
            #expect((sentence == nil) == (exchange.response.status == 204), "\(exchange.name)")
            compared += 1
        }
        #expect(compared >= 10)
    }
}
