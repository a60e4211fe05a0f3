import Glibc
import PluginAPI
import PluginTestKit
import Testing

/// Where files that come and go belong.
func temporaryFolder() -> String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

@Suite("Files for spreadsheets")
struct CSVTests {
    /// A folder of the test's own, gone with it.
    private final class Folder {
        let path: String

        init() throws {
            var template = Array("\(temporaryFolder())/dsotp-csv-XXXXXX".utf8CString)
            path = String(cString: try #require(mkdtemp(&template)))
        }

        deinit {
            for name in names() { unlink("\(path)/\(name)") }
            rmdir(path)
        }

        func names() -> [String] {
            guard let directory = opendir(path) else { return [] }
            defer { closedir(directory) }
            var names: [String] = []
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
                if !name.hasPrefix(".") { names.append(name) }
            }
            return names.sorted()
        }

        func text(_ name: String) throws -> String {
            let file = try #require(fopen("\(path)/\(name)", "r"))
            defer { fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 1 << 20)
            let count = fread(&bytes, 1, bytes.count, file)
            return String(decoding: bytes.prefix(count), as: UTF8.self)
        }
    }

    private static func harness(_ folder: Folder, _ tables: String, _ more: String = "", time: Int64 = 1_717_243_200) throws -> ServiceHarness {
        try ServiceHarness(
            library: try ServiceLibrary(built: "CSVExporter"), name: "csv",
            config: #"{"folder": "\#(folder.path)", \#(more) "tables": [\#(tables)]}"#, time: Timestamp(seconds: time))
    }

    private static func message(_ stamp: String, _ value: Double, component: String = "BUS1", more: String = "") -> String {
        #"{"device": "pmu-1", "timestamp": "\#(stamp)", "readings": [{"component": "\#(component)", "measurand": "voltmagnitude", "phase": "A", "data": \#(value)\#(more)}]}"#
    }

    private static let direct = #"{"name": "pmu", "topics": ["/pmu/#"], "format": "pmu"}"#

    @Test("each value has its row in the file of its day, after the head") func rows() throws {
        let folder = try Folder()
        let harness = try Self.harness(folder, Self.direct)
        try harness.publish("/pmu/a", Self.message("2024-06-01T23:59:59.5Z", 230.25))
            .publish("/pmu/a", Self.message("2024-06-02T00:00:00Z", -1e-7, component: "a,\\\"b\\\"", more: #", "quality": ["questionable", "old_data"]"#))
        #expect(folder.names() == ["pmu-2024-06-01.csv", "pmu-2024-06-02.csv"])
        let head = "time,utc_offset,device,component,phase,measurand,unit,value,quality\r\n"
        #expect(try folder.text("pmu-2024-06-01.csv") == head + "2024-06-01 23:59:59.500,+00:00,pmu-1,BUS1,A,voltmagnitude,V,230.25,good\r\n")
        #expect(try folder.text("pmu-2024-06-02.csv").contains(#",pmu-1,"a,""b""",A,voltmagnitude,V,-1e-07,questionable old_data"#))
        try harness.stop()
    }

    @Test("the German form: semicolons, decimal commas, German dates, the site's day, the doubled hour told apart") func german() throws {
        let folder = try Folder()
        let harness = try Self.harness(folder, Self.direct, #""locale": "de", "time_zone": "Europe/Berlin","#)
        try harness.publish("/pmu/a", Self.message("2024-10-27T00:30:00Z", 230.5)).publish("/pmu/a", Self.message("2024-10-27T01:30:00Z", 231))
            .publish("/pmu/a", Self.message("2024-06-01T22:30:00Z", 1))
        #expect(
            try folder.text("pmu-2024-10-27.csv") == "\u{FEFF}time;utc_offset;device;component;phase;measurand;unit;value;quality\r\n"
                + "27.10.2024 02:30:00,000;+02:00;pmu-1;BUS1;A;voltmagnitude;V;230,5;good\r\n"
                + "27.10.2024 02:30:00,000;+01:00;pmu-1;BUS1;A;voltmagnitude;V;231;good\r\n")
        #expect(folder.names().contains("pmu-2024-06-02.csv"))
        try harness.stop()
    }

    @Test("what a spreadsheet would take for a formula is a text") func formula() throws {
        let folder = try Folder()
        let harness = try Self.harness(folder, Self.direct)
        try harness.publish("/pmu/a", Self.message("2024-06-01T12:00:00Z", 1, component: "=HYPERLINK(1)"))
        #expect(try folder.text("pmu-2024-06-01.csv").contains(",'=HYPERLINK(1),"))
        try harness.stop()
    }

    @Test("intervals are summed up: mean, extremes, last and count, once they are over") func intervals() throws {
        let folder = try Folder()
        let harness = try Self.harness(folder, #"{"name": "quarter", "topics": ["/pmu/#"], "format": "pmu", "interval": "15m"}"#)
        for (stamp, value) in [("12:00:00", 1.0), ("12:05:00", 4), ("12:14:59", 2.5)] { try harness.publish("/pmu/a", Self.message("2024-06-01T\(stamp)Z", value)) }
        #expect(folder.names() == [])
        try harness.advance(by: .seconds(16 * 60)).publish("/pmu/a", Self.message("2024-06-01T12:16:00Z", 7)).drain()
        #expect(
            try folder.text("quarter-2024-06-01.csv") == "time,utc_offset,device,component,phase,measurand,unit,mean,minimum,maximum,last,count\r\n"
                + "2024-06-01 12:00:00.000,+00:00,pmu-1,BUS1,A,voltmagnitude,V,2.5,1,4,2.5,3\r\n"
                + "2024-06-01 12:15:00.000,+00:00,pmu-1,BUS1,A,voltmagnitude,V,7,7,7,7,1\r\n")
        try harness.stop()
    }

    @Test("documents give a row an element, with their own time") func documents() throws {
        let folder = try Folder()
        let table = #"{"name": "state", "topics": ["estimates/+"], "each": "nodes", "time": "time", "columns": {"node": "name", "voltage V": "v", "status": "status"}}"#
        let harness = try Self.harness(folder, table)
        try harness.publish("estimates/mv", #"{"time": "2024-06-01T12:00:00+02:00", "status": "ok", "nodes": [{"name": "N1", "v": 20001.5}, {"name": "N2"}]}"#)
            .publish("estimates/mv", #"{"time": "later", "nodes": []}"#)
        #expect(
            try folder.text("state-2024-06-01.csv") == "time,utc_offset,node,voltage V,status\r\n2024-06-01 10:00:00.000,+00:00,N1,20001.5,ok\r\n"
                + "2024-06-01 10:00:00.000,+00:00,N2,,ok\r\n")
        let status = String(decoding: try harness.request("GET", "/status").body, as: UTF8.self)
        #expect(status.contains("has no time at 'time'"))
        try harness.stop()
    }

    @Test("files are listed and given, others are not, and go after their time") func files() throws {
        let folder = try Folder()
        let harness = try Self.harness(folder, Self.direct, #""keep": "30d","#)
        try harness.publish("/pmu/a", Self.message("2024-05-10T12:00:00Z", 1)).publish("/pmu/a", Self.message("2024-04-01T12:00:00Z", 1))
        let list = String(decoding: try harness.request("GET", "/files").body, as: UTF8.self)
        #expect(list.contains(#""name":"pmu-2024-04-01.csv""#) && list.contains("pmu-2024-05-10.csv"))
        #expect(try harness.request("GET", "/files/pmu-2024-05-10.csv").contentType.hasPrefix("text/csv"))
        for wrong in ["..", "pmu-2024-05-11.csv", "other-2024-05-10.csv", "pmu-2024-5-10.csv"] {
            #expect(try harness.request("GET", "/files/\(wrong)").status == 404, "\(wrong)")
        }
        #expect(truncate("\(folder.path)/pmu-2024-05-10.csv", 65 << 20) == 0)
        let refusal = try harness.request("GET", "/files/pmu-2024-05-10.csv")
        #expect(refusal.status >= 400 && String(decoding: refusal.body, as: UTF8.self).contains("take it from the folder '\(folder.path)'"))
        try harness.advance(by: .seconds(120))
        #expect(folder.names() == ["pmu-2024-05-10.csv"])
        try harness.stop()
    }

    @Test("a disk that takes nothing leaves the file as it was, and the batch comes again") func full() throws {
        let folder = try Folder()
        let harness = try Self.harness(folder, Self.direct)
        #expect(symlink("/dev/full", "\(folder.path)/pmu-2024-06-01.csv") == 0)
        let error = #expect(throws: ServiceError.self) { try harness.publish("/pmu/a", Self.message("2024-06-01T12:00:00Z", 1)) }
        #expect(error?.isRetryable == true && error?.sentence.contains("No space left") == true, "\(error?.sentence ?? "")")
        #expect(try harness.health() != .well)
        unlink("\(folder.path)/pmu-2024-06-01.csv")
        try harness.publish("/pmu/a", Self.message("2024-06-01T12:00:00Z", 1))
        #expect(try folder.text("pmu-2024-06-01.csv").split(separator: "\r\n").count == 2)
        #expect(try harness.health() == .well)
        try harness.stop()
    }

    @Test(
        "wrong configurations are refused with the place and what was expected",
        arguments: [
            (#"{"tables": []}"#, "config.folder is missing"), (#"{"folder": "x"}"#, "config.tables is missing"),
            (#"{"folder": "x", "time_zone": "Mars", "tables": []}"#, "config.time_zone is 'Mars'"),
            (#"{"folder": "x", "tables": [{"name": "../a", "topics": ["a"]}]}"#, "config.tables.0.name is missing or has other signs"),
            (#"{"folder": "x", "tables": [{"name": "a", "topics": ["a"], "interval": "7m"}]}"#, "interval is 420 s"),
            (#"{"folder": "x", "tables": [{"name": "a", "topics": ["a"]}, {"name": "a", "topics": ["b"]}]}"#, "which another table has"),
        ])
    func configurations(config: String, sentence: String) throws {
        let folder = try Folder()
        let harness = try Self.harness(folder, Self.direct)
        let error = #expect(throws: ServiceError.self) { try harness.validate(config) }
        #expect(error?.sentence.contains(sentence) == true, "\(error?.sentence ?? "")")
        try harness.stop()
    }
}
