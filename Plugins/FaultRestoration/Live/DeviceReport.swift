import PluginAPI
import Restoration

/// What a protection says of itself: `{"trip": true, "locked_out": false, "distance_ohm": 4.2, "timestamp": …, "quality": …}`.
struct TripReport {
    let hasTripped: Bool
    let isLockedOut: Bool
    let distanceOhm: Double?
    let distancePercent: Double?
    let quality: Quality

    /// - Throws: ``Status/invalidArgument`` with what was expected.
    init(_ payload: UnsafeRawBufferPointer) throws(ServiceError) {
        let json = try DeviceReport.json(payload)
        guard let trip = json["trip"]?.boolean else {
            throw .invalidArgument(#"a protection reports an object with "trip", true or false, got '\#(DeviceReport.shown(payload))'"#)
        }
        hasTripped = trip
        isLockedOut = json["locked_out"]?.boolean ?? false
        distanceOhm = json["distance_ohm"]?.number
        distancePercent = json["distance_percent"]?.number
        quality = DeviceReport.quality(json)
    }
}

/// What an indicator says: `{"passed": true, "direction": "forward", "loss_of_voltage": true, "timestamp": …, "quality": …}`.
struct IndicatorReport {
    /// Nil where the message is about the voltage alone.
    let passage: FaultObservation.Passage?
    let lossOfVoltage: Bool?

    /// - Throws: ``Status/invalidArgument`` with what was expected.
    init(_ payload: UnsafeRawBufferPointer) throws(ServiceError) {
        let json = try DeviceReport.json(payload)
        let passed = json["passed"]?.boolean
        let lost = json["loss_of_voltage"]?.boolean
        guard passed != nil || lost != nil else {
            throw .invalidArgument(
                #"an indicator reports an object with "passed" or "loss_of_voltage", true or false, got '\#(DeviceReport.shown(payload))'"#)
        }
        let isBad = DeviceReport.quality(json).contains(.invalid)
        lossOfVoltage = isBad ? nil : lost
        guard let passed else {
            passage = nil
            return
        }
        switch (isBad, passed, json["direction"]?.text) {
        case (true, _, _): passage = .unknown
        case (false, false, _): passage = .silent
        case (false, true, "forward"): passage = .passedForward
        case (false, true, "reverse"): passage = .passedReverse
        case (false, true, _): passage = .passed
        }
    }
}

/// What the reports of devices have in common.
enum DeviceReport {
    static func json(_ payload: UnsafeRawBufferPointer) throws(ServiceError) -> JSONValue {
        do throws(JSONError) { return try JSONValue(payload) } catch {
            throw .invalidArgument("'\(shown(payload))' is not JSON, \(error)")
        }
    }

    static func quality(_ json: JSONValue) -> Quality {
        if let bits = json["quality"]?.integer { return Quality(rawValue: UInt32(clamping: bits)) }
        if let name = json["quality"]?.text { return Quality(named: name) ?? .invalid }
        return .good
    }

    static func shown(_ payload: UnsafeRawBufferPointer) -> String { String(decoding: payload.prefix(80), as: UTF8.self) }
}
