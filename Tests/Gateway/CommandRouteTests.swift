import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing

@testable import Gateway

/// One command, number 7, and what was asked of it.
final class FakeCommands: CommandAdministration {
    struct State {
        var queries: [CommandQuery] = []
        var orders: [CommandOrder] = []
        var locks: [String: String] = [:]
        var cancelled: [UInt64] = []
        var isDryRun = false
    }
    let state = Mutex(State())
    private static let command = #"{"command":7,"device":"battery"}"#

    func commands(_ query: CommandQuery) async throws -> [String] {
        state.withLock { $0.queries.append(query) }
        return [Self.command]
    }

    func command(_ number: UInt64) async -> String? { number == 7 ? Self.command : nil }

    func submit(_ order: CommandOrder, by caller: Caller) async throws -> String {
        state.withLock { $0.orders.append(order) }
        if order.device == "held" { throw GatewayError.conflict("the device 'held' is held by the service 'flisr'") }
        return Self.command
    }

    func cancel(_ number: UInt64, by caller: Caller) async throws -> String? {
        guard number == 7 else { return nil }
        state.withLock { $0.cancelled.append(number) }
        return Self.command
    }

    func devices(limit: Int) async -> CommandDevicePage { CommandDevicePage(devices: [#"{"device":"battery"}"#], held: 1, locked: 0, waiting: 0) }
    func device(_ name: String) async -> String { "{\"device\":\"\(name)\",\"lock\":\"\(state.withLock { $0.locks[name] } ?? "")\"}" }
    func lock(_ device: String, note: String, by caller: Caller) async throws { state.withLock { $0.locks[device] = "\(caller.name): \(note)" } }
    func unlock(_ device: String, by caller: Caller) async throws {
        guard state.withLock({ $0.locks.removeValue(forKey: device) }) != nil else { throw GatewayError.notFound("the device '\(device)' is not blocked") }
    }
    func isDryRun() async -> Bool { state.withLock { $0.isDryRun } }
    func setDryRun(_ isOn: Bool, by caller: Caller) async throws { state.withLock { $0.isDryRun = isOn } }
}

@Suite struct CommandRouteTests {
    let test = TestGateway()

    @Test("commands are listed as filtered, and a wrong filter is refused with a sentence")
    func list() async throws {
        try await test.gateway.application.test(.live) { client in
            let uri = "/api/commands?device=battery&service=flisr&class=flisr&outcome=confirmed&active=false&limit=5"
            let list = try await client.execute(uri: uri, method: .get, headers: .basic("viewer"))
            #expect((list.object["commands"] as? [[String: Any]])?.first?["command"] as? Int == 7)
            for wrong in ["active=maybe", "limit=0", "limit=x"] {
                let refused = try await client.execute(uri: "/api/commands?\(wrong)", method: .get, headers: .basic("viewer"))
                #expect(refused.status == .badRequest && refused.error?.contains("expected") == true)
            }
            let one = try await client.execute(uri: "/api/commands/7", method: .get, headers: .basic("viewer"))
            #expect(one.object["device"] as? String == "battery")
            for missing in ["/api/commands/8", "/api/commands/x"] {
                #expect(try await client.execute(uri: missing, method: .get, headers: .basic("viewer")).status == .notFound)
            }
            let devices = try await client.execute(uri: "/api/commands/devices", method: .get, headers: .basic("viewer"))
            #expect((devices.object["devices"] as? [Any])?.count == 1 && devices.object["held"] as? Int == 1)
        }
        var expected = CommandQuery()
        (expected.device, expected.service, expected.commandClass, expected.outcome) = ("battery", "flisr", "flisr", "confirmed")
        (expected.isActive, expected.limit) = (false, 5)
        #expect(test.commands.state.withLock { $0.queries } == [expected])
    }

    @Test("an operator commands, a viewer does not, and what is malformed or refused says why; all of it is audited with the user")
    func submit() async throws {
        let order = #"{"device":"battery","value":12.5,"unit":"kW","hold_seconds":60,"reason":"test","confirm":{"topic":"setpoints/battery/ack","value":"on"}}"#
        try await test.gateway.application.test(.live) { client in
            func post(_ body: String, as user: String = "operator") async throws -> TestResponse {
                try await client.execute(uri: "/api/commands", method: .post, headers: .basic(user).adding(.json), body: ByteBuffer(string: body))
            }
            #expect(try await post(order).object["command"] as? Int == 7)
            #expect(try await post(order, as: "viewer").status == .forbidden)
            let refused = try await post(#"{"device":"held","payload":{"position":"open"}}"#)
            #expect(refused.status == .conflict && refused.error?.contains("held by the service 'flisr'") == true)
            for (body, word) in [
                ("[]", "the body is not as expected"), (#"{"value":1}"#, "expected device or topic"), (#"{"device":"a"}"#, "got neither"),
                (#"{"device":"a","value":1,"payload":{}}"#, "got both"), (#"{"device":"a","value":"x"}"#, "look at 'value'"),
                (#"{"device":"a","value":1,"hold_seconds":-1}"#, "hold_seconds is -1.0"),
            ] {
                let wrong = try await post(body)
                #expect(wrong.status == .badRequest && wrong.error?.contains(word) == true, "\(body): \(wrong.text)")
            }
        }
        let taken = try #require(test.commands.state.withLock { $0.orders.first })
        #expect(taken.value == 12.5 && taken.unit == "kW" && taken.holdSeconds == 60 && taken.payload == nil && !taken.isDespiteLock)
        #expect(taken.confirmation?.value == "\"on\"" && taken.confirmation?.withinSeconds == 10)
        let audit = test.host.state.withLock { $0.audit }
        #expect(audit.count == 8 && audit.allSatisfy { $0.what == "command.submit" && $0.who == "operator" })
        #expect(audit[0].subject == "battery" && audit[0].outcome == "done" && audit[1].outcome.contains("held by the service"))
    }

    @Test("a device's name is decoded once: what stands encoded in it is never another device, and what is no topic level is refused")
    func deviceNames() async throws {
        try await test.gateway.application.test(.live) { client in
            let lock = #"{"note":"cable work"}"#
            for (path, name) in [("T%2541", "T%41"), ("100%25", "100%"), ("a%20b", "a b"), ("%C3%A4", "ä"), ("%25zz", "%zz")] {
                let found = try await client.execute(uri: "/api/commands/devices/\(path)", method: .get, headers: .basic("viewer"))
                #expect(found.object["device"] as? String == name)
                let uri = "/api/commands/devices/\(path)/lock"
                let blocked = try await client.execute(uri: uri, method: .put, headers: .basic("operator").adding(.json), body: ByteBuffer(string: lock))
                #expect(blocked.object["device"] as? String == name)
            }
            let blocked = test.commands.state.withLock { Set($0.locks.keys) }
            #expect(blocked == ["T%41", "100%", "a b", "ä", "%zz"])
            for wrong in ["a%2Fb", "a%2Bb", "a%23", "a%00", "a%7F", String(repeating: "a", count: 257)] {
                let refused = try await client.execute(uri: "/api/commands/devices/\(wrong)", method: .get, headers: .basic("viewer"))
                #expect(refused.status == .badRequest && refused.error?.contains("the device is malformed (expected 1 … 256 bytes") == true, "\(wrong)")
            }
        }
    }

    @Test("devices are blocked with a note and released, commands cancelled, by operators; the dry run is the engineer's")
    func orders() async throws {
        try await test.gateway.application.test(.live) { client in
            let lock = "/api/commands/devices/sw%201/lock"
            let blocked = try await client.execute(
                uri: lock, method: .put, headers: .basic("operator").adding(.json), body: ByteBuffer(string: #"{"note":"cable work"}"#))
            #expect(blocked.object["device"] as? String == "sw 1" && blocked.object["lock"] as? String == "operator: cable work")
            let without = try await client.execute(uri: lock, method: .put, headers: .basic("operator").adding(.json), body: ByteBuffer(string: "{}"))
            #expect(without.status == .badRequest && without.error?.contains("note") == true)
            #expect(try await client.execute(uri: lock, method: .delete, headers: .basic("operator")).status == .ok)
            #expect(try await client.execute(uri: lock, method: .delete, headers: .basic("operator")).status == .notFound)
            #expect(try await client.execute(uri: "/api/commands/7/cancel", method: .post, headers: .basic("operator")).status == .ok)
            #expect(try await client.execute(uri: "/api/commands/8/cancel", method: .post, headers: .basic("operator")).status == .notFound)
            let body = ByteBuffer(string: #"{"dry_run":true}"#)
            let tooLow = try await client.execute(uri: "/api/commands/dry-run", method: .put, headers: .basic("operator").adding(.json), body: body)
            #expect(tooLow.status == .forbidden)
            _ = try await client.execute(uri: "/api/commands/dry-run", method: .put, headers: .basic("engineer").adding(.json), body: body)
            let now = try await client.execute(uri: "/api/commands/dry-run", method: .get, headers: .basic("viewer"))
            #expect(now.object["dry_run"] as? Bool == true)
        }
        let audit = test.host.state.withLock { $0.audit }
        #expect(audit.map { "\($0.who) \($0.what) \($0.subject)" }.filter { !$0.hasSuffix(" 8") } == [
            "operator device.lock sw 1", "operator device.lock sw 1", "operator device.unlock sw 1", "operator device.unlock sw 1",
            "operator command.cancel 7", "engineer commands.dry-run on",
        ])
    }
}
