internal import Glibc
internal import PluginAPI
internal import PluginTestKit
internal import Runtime

extension ValidationTest {
    static let lifeTests: [ValidationTest] = [
        ValidationTest(
            name: "instances", prose: "Sixteen instances live side by side, and are destroyed without ever being configured."
        ) { subject in
            let library = try subject.library()
            let instances = try (0..<16).map { _ in try subject.instance(library) }
            return .passed("\(instances.count) instances")
        },
        ValidationTest(
            name: "life", prose: "Configure, start, drain, stop, and the same again with the same instance, as the rules of the ABI say."
        ) { subject in
            let harness = try subject.running(try subject.library())
            for _ in 0..<3 {
                guard try harness.accepts("drain", { try $0.drain() }) else { return .failed("drain fails although nothing is to be done") }
                try harness.finish()
                try harness.configure(subject.configuration.json).start()
            }
            try harness.finish()
            return .passed("four times")
        },
        ValidationTest(
            name: "validate-only", prose: "A configuration is checked without being taken, also between stop and start."
        ) { subject in
            let harness = try subject.instance(try subject.library())
            guard try harness.accepts("configure with validate_only", { try $0.validate(subject.configuration.json) }) else {
                return .skipped("it refuses this configuration: see bad-configuration, or give its manifest with --manifest")
            }
            try harness.configure(subject.configuration.json).start()
            try harness.finish()
            guard harness.published.isEmpty else { return .warning("it publishes without having received anything") }
            return .passed("checked, then taken")
        },
        ValidationTest(
            name: "threads-and-files", prose: "After stop and destroy no thread and no file of the service is left."
        ) { subject in
            let library = try subject.library()
            // The first life may load and open what stays for good, which is the library's right.
            try subject.running(library).finish()
            let before = (Self.entries(of: "/proc/self/task"), Self.entries(of: "/proc/self/fd"))
            for _ in 0..<8 { try subject.running(library).finish() }
            var after = (Self.entries(of: "/proc/self/task"), Self.entries(of: "/proc/self/fd"))
            // A thread that was joined leaves the process a moment later.
            for _ in 0..<200 where after.0 > before.0 {
                usleep(5_000)
                after.0 = Self.entries(of: "/proc/self/task")
            }
            guard after.0 <= before.0 else { return .failed("\(after.0 - before.0) threads are left after eight lives (join them in stop)") }
            guard after.1 <= before.1 else { return .failed("\(after.1 - before.1) files are left open after eight lives (close them in stop)") }
            return .passed("none after eight lives")
        },
        ValidationTest(
            name: "withheld-extensions", prose: "A host that lacks an extension is refused with a sentence, or served as far as possible."
        ) { subject in
            let library = try subject.library()
            var refused: [String] = []
            for wanted in HostExtension.allCases {
                let harness = try subject.instance(library, withholding: [wanted])
                guard try harness.accepts("configure without \(wanted.identifier)", { try $0.configure(subject.configuration.json) }),
                    try harness.accepts("start without \(wanted.identifier)", { try $0.start() })
                else {
                    refused.append(wanted.identifier)
                    continue
                }
                try harness.finish()
            }
            return .passed(refused.isEmpty ? "none is necessary" : "refuses to work without \(refused.joined(separator: ", "))")
        },
    ]

    private static func entries(of folder: String) -> Int {
        guard let stream = opendir(folder) else { return 0 }
        defer { closedir(stream) }
        var count = 0
        while readdir(stream) != nil { count += 1 }
        return count
    }
}
