import PluginAPI
import PluginTestKit
import Testing

/// A service that remembers the texts it was given, and writes them in its second form; the first knew their number alone.
private final class Rememberer: StatefulService {
    static var stateVersion: UInt32 { 2 }
    static var oldestStateVersion: UInt32 { 1 }
    private var texts: [String] = []
    private let host: Host

    init(host: Host, name: String) throws { self.host = host }
    func validate(_ configuration: Configuration) throws {}
    func configure(_ configuration: Configuration) throws {}

    func process(_ batch: MessageBatch) throws {
        for message in batch {
            texts.append(message.payloadText)
            try host.databus.publish("texts", texts.joined(separator: ","))
        }
    }

    func saveState() throws -> [UInt8] {
        if texts.contains("secret") { throw ServiceError.invalidState("a secret is not to be saved") }
        return Array(texts.joined(separator: "\n").utf8)
    }

    func loadState(_ bytes: [UInt8], version: UInt32) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        texts = version == 1 ? Array(repeating: "?", count: Int(text) ?? 0) : text.split(separator: "\n").map(String.init)
    }

    static let module = Module(
        identifier: "org.example.rememberer", version: "2.0.0", summary: "Remembers.", create: { Rememberer.create($0, $1, $2, $3) })
    static let library = ServiceLibrary(entry: { Rememberer.module.entry($0) })
}

@Suite("The state of a service, through the C tables")
struct StateTests {
    private func harness(_ state: SavedState? = nil) throws -> ServiceHarness {
        let harness = try ServiceHarness(library: Rememberer.library, starts: false)
        try harness.configure("{}")
        if let state { try harness.loadState(state) }
        return try harness.start()
    }

    @Test("what one instance saves another loads") func handOver() throws {
        let first = try harness()
        #expect(first.stateVersions == 1...2)
        try first.publish("a", "x").publish("a", "y").drain()
        let state = try first.saveState()
        try first.stop()
        #expect(state == SavedState(version: 2, bytes: Array("x\ny".utf8)))
        let second = try harness(state)
        try second.publish("a", "z")
        #expect(second.last(on: "texts")?.text == "x,y,z")
        try second.stop()
    }

    @Test("an older form is loaded with its version, one that the service does not know never reaches it") func versions() throws {
        let next = try harness(SavedState(version: 1, bytes: Array("2".utf8)))
        try next.publish("a", "z")
        #expect(next.last(on: "texts")?.text == "?,?,z")
        try next.stop()
        #expect(throws: HarnessError.self) { try harness(SavedState(version: 3, bytes: [])) }
    }

    @Test("an empty state is a state, and what saving throws arrives") func edges() throws {
        let empty = try harness()
        #expect(try empty.saveState() == SavedState(version: 2, bytes: []))
        try empty.publish("a", "secret")
        #expect(throws: ServiceError.invalidState("a secret is not to be saved")) { try empty.saveState() }
        try empty.stop()
    }

    @Test("a service without a state does not offer one") func without() throws {
        let harness = try Probe.harness(Probe.Work())
        #expect(harness.stateVersions == nil)
        #expect(throws: HarnessError.self) { try harness.saveState() }
        try harness.stop()
    }
}
