import Balancing
import Glibc
import PluginAPI

/// Files of the benchmark.
enum Files {
    static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { return bytes }
            bytes += buffer[0..<count]
        }
    }

    static func write(_ json: JSONWriter, to path: String) {
        guard let file = fopen(path, "w") else { return }
        defer { fclose(file) }
        fwrite(json.bytes, 1, json.bytes.count, file)
    }
}

/// One of the reference problems.
struct ReferenceCase {
    let name: String
    let bytes: [UInt8]
    let optimum: Double

    init?(_ name: String, in folder: String) {
        guard let bytes = Files.read("\(folder)/\(name).json"), let document = try? bytes.withUnsafeBytes({ try JSONValue($0) }) else { return nil }
        self.name = name
        self.bytes = bytes
        optimum = document["optimum"]?["objective"]?.number ?? .nan
    }

    func problem() throws -> BalancingProblem { try bytes.withUnsafeBytes { try CaseReader.problem($0) } }
}

/// What the processor worked for this process: the same on a machine that is busy with other things.
enum ProcessorTime {
    static var seconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

extension Duration {
    /// In seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

extension Array where Element == Double {
    var median: Double {
        let sorted = sorted()
        return isEmpty ? .nan : count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2
    }
}
