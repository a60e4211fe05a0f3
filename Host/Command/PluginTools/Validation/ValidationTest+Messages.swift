internal import CPluginAPI
internal import PluginAPI
internal import PluginTestKit

extension ValidationTest {
    static let messageTests: [ValidationTest] = [
        ValidationTest(
            name: "odd-messages", prose: "No message, empty payloads, a payload of 1 MiB, bytes that are not text, and word of drops before."
        ) { subject in
            let (harness, topic) = try receiver(subject)
            let payloads: [[UInt8]] = [[], [0], [0xFF, 0xFE], Array(repeating: UInt8(ascii: "["), count: 1 << 20), Array(repeating: 0, count: 65_536)]
            try harness.accepts("an empty batch") { try $0.deliver([]) }
            for payload in payloads {
                try harness.accepts("a payload of \(payload.count) bytes") {
                    try $0.deliver([TestMessage(topic, payload, qos: 1, retained: true, duplicate: true)], dropped: 3)
                }
            }
            try harness.finish()
            return .passed("\(payloads.count + 1) batches")
        },
        ValidationTest(
            name: "failing-host", prose: "Every function of the host fails, one extension after the other: said with a sentence, survived."
        ) { subject in
            let (harness, topic) = try receiver(subject)
            var generator = Random(seed: subject.seed)
            for wanted in HostExtension.allCases {
                harness.fail(wanted, with: .tryAgain("the validation lets \(wanted.identifier) fail"))
                for payload in Payloads.samples {
                    try harness.accepts("a message while \(wanted.identifier) fails") { try $0.publish(topic, Payloads.mutated(payload, &generator)) }
                }
                try harness.accepts("a timer while \(wanted.identifier) fails") { try $0.advance(by: .seconds(2)) }
                harness.fail(wanted, with: nil)
            }
            try harness.finish()
            return .passed("\(HostExtension.allCases.count) extensions")
        },
        ValidationTest(
            name: "requests", prose: "Each route that it registers answers a request with a rubbish body, or refuses it with a sentence."
        ) { subject in
            let harness = try subject.running(try subject.library())
            let routes = harness.routes
            guard !routes.isEmpty else { return .skipped("it registers no routes") }
            for route in routes {
                let words = route.split(separator: " ", maxSplits: 1).map(String.init)
                let path = "/" + (words.last ?? "").split(separator: "/").map { $0.hasPrefix("{") ? "rubbish" : String($0) }.joined(separator: "/")
                let response = try harness.request(words[0], path, query: [("rubbish", "\u{FFFD}")], body: "{\"rubbish\": [")
                guard (200...599).contains(response.status) else { return .failed("\(route) answers with status \(response.status)") }
            }
            try harness.finish()
            return .passed(routes.joined(separator: ", "))
        },
        ValidationTest(
            name: "flood", prose: "100,000 messages in batches of 1,000 are taken, each batch within five seconds."
        ) { subject in
            let (harness, topic) = try receiver(subject)
            let batch = try TestBatch(
                (0..<1_000).map { TestMessage(topic, Payloads.samples[$0 % Payloads.samples.count], qos: 1) }, permissions: subject.permissions)
            let clock = ContinuousClock()
            var longest = Duration.zero
            for _ in 0..<100 {
                let taken = try clock.measure { try harness.accepts("a batch of 1,000 messages") { try $0.deliver(batch) } }
                longest = max(longest, taken)
                guard longest < .seconds(5) else { return .failed("a batch of 1,000 messages took \(longest) (a callback must return within its deadline)") }
            }
            try harness.finish()
            return .passed("the longest batch took \(longest.components.seconds * 1_000 + longest.components.attoseconds / 1_000_000_000_000_000) ms")
        },
        ValidationTest(
            name: "fuzz", prose: "20,000 messages made of numbers, JSON and rubbish, changed at random; the same seed makes the same messages."
        ) { subject in
            let (harness, _) = try receiver(subject)
            var generator = Random(seed: subject.seed)
            for _ in 0..<200 {
                let messages = (0..<100).map { _ in
                    TestMessage(
                        subject.topics.randomElement(using: &generator) ?? "validation",
                        Payloads.mutated(Payloads.samples.randomElement(using: &generator) ?? [], &generator),
                        qos: UInt8.random(in: 0...2, using: &generator), retained: Bool.random(using: &generator),
                        duplicate: Bool.random(using: &generator))
                }
                try harness.accepts("a fuzzed batch (seed \(subject.seed))") { try $0.deliver(messages) }
                try harness.accepts("a timer (seed \(subject.seed))") { try $0.advance(by: .milliseconds(100)) }
            }
            try harness.finish()
            return .passed("seed \(subject.seed)")
        },
    ]

    /// A running instance that takes messages, and a topic that it is subscribed to.
    private static func receiver(_ subject: ValidationSubject) throws -> (ServiceHarness, String) {
        let harness = try subject.running(try subject.library())
        guard harness.module.service?.pointee.on_messages != nil else { throw Finding.skipped("it takes no messages") }
        guard let topic = subject.topics.first else { throw Finding.skipped("the manifest subscribes to nothing") }
        return (harness, topic)
    }
}

/// Messages that services get, and others.
enum Payloads {
    static let samples: [[UInt8]] = [
        "50.01", "-1e308", "nan", "{}", "[]", "null", "{\"device\":\"d\",\"timestamp\":\"2024-05-01T12:00:00Z\",\"readings\":"
            + "[{\"component\":\"b\",\"measurand\":\"voltmagnitude\",\"phase\":\"A\",\"data\":230.1}]}",
        "{\"device\":\"d\",\"timestamp\":1714564800,\"readings\":[{\"component\":\"b\",\"measurand\":\"frequency\",\"data\":\"49.98\"}]}",
        "{\"value\":1,\"time\":1714564800000}", "[[[[[[[[[[[[[[[[", "\"\\ud800\"", "{\"a\":{\"a\":{\"a\":{}}}}",
    ].map { Array($0.utf8) }

    /// Changes up to four bytes, cuts or doubles.
    static func mutated(_ payload: [UInt8], _ generator: inout Random) -> [UInt8] {
        var bytes = payload
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            guard !bytes.isEmpty else { return [UInt8.random(in: 0...255, using: &generator)] }
            let place = Int.random(in: bytes.indices, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(contentsOf: bytes[place...].prefix(16), at: place)
            default: bytes = Array(bytes[..<place])
            }
        }
        return bytes
    }
}

/// A small reproducible generator, SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
struct Random: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
