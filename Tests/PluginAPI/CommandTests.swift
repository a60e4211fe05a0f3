import PluginAPI
import PluginTestKit
import Testing

/// A service in Swift that commands what it is told, in the test's own process.
private final class Commander: Service {
    nonisolated(unsafe) static var outcomes: [CommandOutcome] = []
    nonisolated(unsafe) static var decisions: [CommandDecision] = []
    nonisolated(unsafe) static var device: CommandedDevice?

    static var requiredExtensions: Set<HostExtension> { HostExtension.first.union([.command]) }
    private let host: Host

    init(host: Host, name: String) throws { self.host = host }
    func validate(_ configuration: Configuration) throws {}
    func configure(_ configuration: Configuration) throws {}

    func process(_ batch: MessageBatch) throws {
        for message in batch {
            switch message.payloadText {
            case "set":
                var command = DeviceCommand(.balancing, setPoint: 5, unit: "kW", of: "battery", hold: .seconds(60))
                command.key = "16:15"
                Self.decisions += try host.commands.submit([command])
            case "wait":
                var command = DeviceCommand(.balancing, setPoint: 6, unit: "kW", of: "battery", hold: .seconds(60))
                command.waits = true
                Self.decisions.append(try host.commands.submit(command))
            case "switch":
                var command = DeviceCommand(.flisr, publishing: #"{"position":"open"}"#, to: "switches/sw-1/command")
                command.confirmation = .init(topic: "switches/sw-1", field: "position", value: "\"open\"", within: .seconds(5))
                Self.decisions.append(try host.commands.submit(command))
            case "cancel": try host.commands.cancel(Self.decisions.last?.command ?? 0)
            case "renew": try host.commands.renew(Self.decisions.last?.command ?? 0, hold: .seconds(100))
            default: Self.device = try host.commands.device("battery")
            }
        }
    }

    func commands(changed outcomes: [CommandOutcome], lost: UInt64) throws { Self.outcomes += outcomes }
}

private let module = Module(
    identifier: "org.example.swift-commander", version: "1.0.0", summary: "Commands.", create: { Commander.create($0, $1, $2, $3) })

@Suite("Commands of a service in Swift", .serialized)
struct CommandTests {
    init() {
        Commander.outcomes = []
        Commander.decisions = []
    }

    private func harness(_ permissions: Permissions = .all, withholding: Set<HostExtension> = []) throws -> ServiceHarness {
        try ServiceHarness(library: ServiceLibrary(entry: { module.entry($0) }), permissions: permissions, withholding: withholding)
    }

    private var told: [CommandOutcome.Kind] { Commander.outcomes.map(\.kind) }

    @Test("a set-point is published and holds its device until its time, and its service is told")
    func life() throws {
        let harness = try harness()
        try harness.publish("in", "set")
        #expect(Commander.decisions.map(\.isAccepted) == [true] && told == [.dispatched])
        let published = try #require(harness.last(on: "setpoints/battery")).json()
        #expect(published["value"]?.number == 5 && published["unit"]?.text == "kW")
        try harness.publish("in", "device")
        #expect(Commander.device?.holder == "service" && Commander.device?.commandClass == .balancing)
        try harness.advance(by: .seconds(60))
        #expect(told == [.dispatched, .expired] && Commander.outcomes[1].isFinal && Commander.outcomes[1].key == "16:15")
        #expect(harness.commands.count == 1)
        try harness.stop()
    }

    @Test("who is of a higher class takes the device, a command waits for it, and a block refuses")
    func others() throws {
        let harness = try harness()
        try harness.publish("in", "set").take("battery", by: "ada", as: .operator, for: .seconds(30))
        #expect(told == [.dispatched, .superseded] && Commander.outcomes[1].by == "ada" && Commander.outcomes[1].byClass == .operator)
        try harness.publish("in", "set").publish("in", "wait")
        #expect(Commander.decisions.map(\.isAccepted) == [true, false, true])
        try harness.advance(by: .seconds(30))
        #expect(told.last == .dispatched && harness.published.count == 2)
        try harness.lock("battery", note: "cable work").publish("in", "set")
        #expect(told.last == .superseded && Commander.decisions.last?.sentence == "the device 'battery' is blocked: cable work")
        try harness.stop()
    }

    @Test("a report confirms a step, and none in time does not")
    func confirmation() throws {
        let harness = try harness()
        try harness.publish("in", "switch").report("switches/sw-1", #"{"position":"closed"}"#).report("switches/sw-1", #"{"position":"open"}"#)
        #expect(told == [.dispatched, .confirmed] && Commander.outcomes[1].reported == "\"open\"" && Commander.outcomes[1].isFinal)
        try harness.publish("in", "switch").advance(by: .seconds(5))
        #expect(told.suffix(2) == [.dispatched, .notConfirmed])
        try harness.stop()
    }

    @Test("commands are renewed and cancelled, and in a dry run not published")
    func orders() throws {
        let harness = try harness()
        try harness.publish("in", "set").advance(by: .seconds(50)).publish("in", "renew").advance(by: .seconds(99))
        #expect(told == [.dispatched])
        try harness.publish("in", "cancel")
        #expect(told == [.dispatched, .cancelled])
        #expect(throws: ServiceError.self) { try harness.publish("in", "cancel") }
        try harness.rehearse(true).publish("in", "set")
        #expect(told.last == .dryRun && harness.published.count == 1)
        try harness.stop()
    }

    @Test("without the right of the manifest commands are refused, and without the extension the service is")
    func refused() throws {
        let none = try harness({ var permissions = Permissions.all; permissions.highestCommandClass = nil; return permissions }())
        #expect { try none.publish("in", "set") } throws: { ($0 as? ServiceError)?.status == .notPermitted }
        let low = try harness({ var permissions = Permissions.all; permissions.highestCommandClass = .optimisation; return permissions }())
        try low.publish("in", "set")
        #expect(Commander.decisions.last?.isAccepted == false)
        #expect { try harness(withholding: [.command]) } throws: { "\($0)".contains("dsotp.command/1") }
    }
}
