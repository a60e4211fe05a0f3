import Grid
import LiveGrid
import PluginAPI
import Restoration

/// Faults that people provoke over REST.
extension GridEmulator {
    private enum Route: UInt32 { case faults = 1, fail, repair }

    func addFaultRoutes() throws(ServiceError) {
        func operation(_ summary: String, _ body: Bool) -> String {
            let schema = #"{"type": "object", "properties": {"equipment": {"type": "string"}}}"#
            let request = body ? #", "requestBody": {"content": {"application/json": {"schema": \#(schema)}}}"# : ""
            return #"{"summary": "\#(summary)"\#(request), "responses": {"200": {"description": "The faults that there are."}}}"#
        }
        try host.http.add(Route.faults.rawValue, "GET", "/faults", operation: operation("What has failed on the emulated grid.", false))
        try host.http.add(
            Route.fail.rawValue, "POST", "/fault", leastRole: .operator,
            operation: operation("Lets a line, transformer or busbar fail: protection trips, indicators latch.", true))
        try host.http.add(
            Route.repair.rawValue, "POST", "/repair", leastRole: .operator,
            operation: operation("Repairs what is named, or everything.", true))
    }

    func respond(to request: Request) throws {
        let body = request.body.isEmpty ? JSONValue.object([]) : try json(request.body)
        switch Route(rawValue: request.route) {
        case .fail: try failAndReact(body["equipment"]?.text ?? "")
        case .repair: try repair(body["equipment"]?.text)
        default: break
        }
        var json = JSONWriter()
        json.beginObject()
        json.key("faults")
        json.beginArray()
        for name in failed { json.value(name) }
        json.endArray()
        json.endObject()
        try host.http.respond(to: request.number, with: .json(json))
    }

    private func json(_ body: UnsafeRawBufferPointer) throws(ServiceError) -> JSONValue {
        do throws(JSONError) { return try JSONValue(body) } catch { throw .invalidArgument("the body is not JSON, \(error)") }
    }

    /// Protection and indicators after anything that changed: trips until no fault has voltage.
    func letProtectionAct() {
        guard let faults = settings?.faults, protection != nil else { return }
        while let response = protection?.react(positions), let clearing = response.clearingDevice {
            throwSwitch(clearing, isOpen: true)
            append(faults.tripTopic.topic(of: mRID(clearing)), #"{"trip": true, "locked_out": true, "timestamp": "\#(host.clock.now)"}"#)
            for device in response.deadDevices where protection?.hasIndicator(device) == true {
                indicate(device, passed: response.passedDevices.contains(device), isDead: true)
            }
        }
        for device in protection?.resets(positions) ?? [] where protection?.hasIndicator(device) == true {
            indicate(device, passed: false, isDead: false)
        }
    }

    func reportIndicators() {
        for device in protection?.indicators ?? [] { indicate(device, passed: false, isDead: false) }
    }

    private func indicate(_ device: Int, passed: Bool, isDead: Bool) {
        guard let faults = settings?.faults else { return }
        let payload = #"{"passed": \#(passed), "loss_of_voltage": \#(isDead), "timestamp": "\#(host.clock.now)"}"#
        append(faults.indicatorTopic.topic(of: mRID(device)), payload, retain: true)
    }
}
