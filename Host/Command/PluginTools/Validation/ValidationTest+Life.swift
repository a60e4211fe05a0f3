internal import CPluginAPI
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
            name: "states",
            prose: "Every early end that the rules allow: destroyed after configure, configured twice, stopped without a drain, checked in between."
        ) { subject in
            let library = try subject.library()
            let json = subject.configuration.json
            let configured = try subject.instance(library)
            guard try configured.accepts("configure", { try $0.configure(json) }) else {
                return .skipped("it needs a configuration: give its manifest with --manifest")
            }
            try configured.configure(json).configure(json)
            let stopped = try subject.running(library)
            try stopped.finish()
            try stopped.accepts("validating between stop and start") { try $0.validate(json) }
            try stopped.configure(json).start()
            try stopped.finish()
            // What only failed to start is destroyed without a stop.
            let refused = try subject.instance(library)
            for wanted in HostExtension.allCases { refused.fail(wanted, with: .tryAgain("the validation lets \(wanted.identifier) fail")) }
            if try refused.accepts("configure with failing extensions", { try $0.configure(json) }),
                try refused.accepts("start with failing extensions", { try $0.start() })
            {
                try refused.finish()
            }
            return .passed("four early ends")
        },
        ValidationTest(
            name: "threads",
            prose: "Functions of the host are called from the threads that their tags allow, and from none once stop has returned."
        ) { subject in
            let harness = try subject.running(try subject.library())
            let topic = harness.module.service?.pointee.on_messages == nil ? nil : subject.topics.first
            for _ in 0..<20 {
                if let topic {
                    for payload in Payloads.samples { try harness.accepts("a message") { try $0.deliver([TestMessage(topic, payload)]) } }
                }
                try harness.accepts("a timer") { try $0.advance(by: .seconds(1)) }
                // Threads of its own get their turn.
                usleep(5_000)
            }
            try harness.finish()
            for _ in 0..<40 where harness.violations.isEmpty { usleep(10_000) }
            guard harness.violations.isEmpty else { return .failed("after stop had returned: \(harness.violations.joined(separator: "; "))") }
            return .passed("as their tags say, and quiet after stop")
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
