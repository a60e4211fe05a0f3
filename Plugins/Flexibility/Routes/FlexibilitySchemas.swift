import FlexibilityMarket

/// The schemas that the operations name, for the host's OpenAPI document.
enum FlexibilitySchemas {
    static func json(_ service: String) -> String {
        let entries = [
            ("request", request), ("record", record), ("requests", object(#""requests": \#(list(summary)), "total": \#(integer), "open": \#(integer), "active": \#(integer)"#)), ("acceptance", acceptance),
            ("reason", object(#""reason": \#(text)"#)), ("baseline", object(#""kw": \#(numbers)"#)), ("verification", verification),
            ("availability", availability), ("needs", needs), ("tariff", tariff), ("day", object(#""day": {"type": "string", "format": "date"}"#)), ("offer", offer),
        ]
        return "{" + entries.map { #""\#(service)_\#($0.0)": \#($0.1)"# }.joined(separator: ", ") + "}"
    }

    private static func object(_ properties: String, required: String = "") -> String {
        #"{"type": "object", "properties": {\#(properties)}\#(required.isEmpty ? "" : #", "required": [\#(required)]"#)}"#
    }

    private static func list(_ properties: String) -> String { #"{"type": "array", "items": \#(object(properties))}"# }

    private static let number = #"{"type": "number"}"#
    private static let integer = #"{"type": "integer"}"#
    private static let text = #"{"type": "string"}"#
    private static let time = #"{"type": "string", "format": "date-time"}"#
    private static let boolean = #"{"type": "boolean"}"#
    private static let numbers = #"{"type": "array", "items": {"type": ["number", "null"]}}"#
    private static let states = RequestState.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    private static let state = #"{"type": "string", "enum": [\#(states)]}"#

    private static let interval = """
        "start": \(time), "end": \(time), "duration": \(text), "duration_minutes": \(number), "min_kw": \(number), "max_kw": \(number), "power_kw": \(number), \
        "setpoint_kw": \(number), "disposition": {"type": "string", "enum": ["requested", "available"]}
        """
    private static let location = object(
        #""congestion_point": \#(text), "nodes": {"type": "array", "items": \#(text)}, "community": \#(text), "asset": \#(text), "connection": \#(text)"#)

    private static let request = object(
        """
        "id": \(text), "revision": \(integer), "source": {"type": "string", "enum": ["market", "dso", "tso", "operator"]}, "location": \(location), \
        "direction": {"type": "string", "enum": ["up", "down"]}, "intervals": \(list(interval)), "setpoint_kw": \(number), "expires": \(time), "not_before": \(time), \
        "price": \(number), "priority": {"type": "integer", "minimum": 0, "maximum": 9}, "min_activation_factor": {"type": "number", "minimum": 0, "maximum": 1}, \
        "reference": \(text)
        """, required: #""id", "location", "intervals""#)

    private static let limit = """
        "interval": \(integer), "element": \(text), "kind": \(text), "value": \(number), "limit": \(number), "sentence": \(text)
        """
    private static let check = object(
        """
        "time": \(time), "outcome": {"type": "string", "enum": ["feasible", "partly", "infeasible"]}, "feasible": \(boolean), "reason": \(text), \
        "activation_factor": \(number), "available_kw": \(numbers), "limited_by": \(list(limit)), \
        "intervals": \(list(#""start": \#(time), "end": \#(time), "wanted_kw": \#(number), "least_kw": \#(number), "available_kw": \#(number), "allowed_kw": \#(number), "offered_kw": \#(number)"#)), \
        "grid_case": {"type": "object"}, "effect": {"type": "object"}
        """)

    private static let step = """
        "start": \(time), "end": \(time), "baseline_kw": \(number), "ordered_kw": \(number), "actual_kw": \(number), "delivered_kw": \(number), \
        "deficiency_kw": \(number), "within_tolerance": \(boolean), "quality": {"type": "string", "enum": ["good", "partial", "unverified"]}
        """
    private static let settlement = object(
        """
        "ordered_kwh": \(number), "delivered_kwh": \(number), "deficiency_kwh": \(number), "unverified_kwh": \(number), "price": \(number), \
        "penalty_price": \(number), "payment": \(number), "penalty": \(number), "net": \(number), "currency": \(text)
        """)
    private static let history = list(#""time": \#(time), "state": \#(state), "actor": \#(text), "reason": \#(text)"#)

    private static let record = object(
        """
        "request": \(request), "state": \(state), "revision": \(integer), "at": \(time), "actor": \(text), "reason": \(text), "check": \(check), \
        "offer": \(object(#""kw": \#(numbers), "price": \#(number), "min_activation_factor": \#(number), "expires": \#(time)"#)), \
        "order": \(object(#""by": \#(text), "time": \#(time), "reference": \#(text), "activation_factor": \#(number), "kw": \#(numbers), "uncut_kw": \#(numbers), "price": \#(number), "shares": {"type": "object"}"#)), \
        "baseline": \(object(#""method": \#(text), "reference": \#(text), "frozen": \#(time), "kw": \#(numbers)"#)), "verification": \(list(step)), \
        "settlement": \(settlement), "history": \(history), "notes": \(list(#""time": \#(time), "resource": \#(text), "sentence": \#(text)"#))
        """)

    private static let summary = """
        "id": \(text), "state": \(state), "revision": \(integer), "at": \(time), "actor": \(text), "reason": \(text), "source": \(text), "location": \(text), \
        "begin": \(time), "end": \(time), "priority": \(integer), "outcome": \(text), "limited_by": \(text), "limit_reason": \(text), "wanted_kw": \(number), \
        "offered_kw": \(number), "ordered_kwh": \(number), "delivered_kwh": \(number), "net": \(number)
        """
    private static let acceptance = object(#""activation_factor": \#(number), "reference": \#(text)"#)
    private static let verification = object(
        #""id": \#(text), "state": \#(state), "method": \#(text), "baseline_reference": \#(text), "verification": \#(list(step)), "settlement": \#(settlement)"#)
    private static let levels = object(#""p10": \#(numbers), "p50": \#(numbers), "p90": \#(numbers)"#)
    private static let availability = object(
        """
        "locations": \(list(#""location": \#(text), "start": \#(time), "period_minutes": \#(integer), "up_kw": \#(levels), "down_kw": \#(levels), "up_kwh": \#(levels), "down_kwh": \#(levels)"#))
        """)
    private static let congestion = #""element": \#(text), "name": \#(text), "kind": \#(text), "start": \#(time), "value": \#(number), "limit": \#(number), "unit": \#(text), "sentence": \#(text)"#
    private static let needs = object(
        """
        "grid": \(text), "time": \(time), "from": \(time), "to": \(time), "is_free": \(boolean), "congestions": \(list(congestion)), \
        "elements": \(list(#""element": \#(text), "name": \#(text), "kind": \#(text)"#)), "cure": {"type": "object"}, "requests": {"type": "array", "items": \(text)}
        """)
    private static let tariff = object(
        """
        "grid": \(text), "day": \(text), "time_zone": \(text), "made": \(time), "unit": \(text), "hours": {"type": "array", "items": \(time)}, \
        "binding": \(list(#""element": \#(text), "name": \#(text), "kind": \#(text), "start": \#(time), "quantile": \#(number), "limit": \#(number), "unit": \#(text), "shadow_price": \#(number)"#)), \
        "nodes": \(list(#""id": \#(text), "name": \#(text), "price": \#(numbers), "losses": \#(numbers), "voltage": \#(numbers), "current": \#(numbers)"#))
        """)
    private static let offer = object(
        """
        "id": \(text), "provider": \(text), "place": \(text), "connection": \(text), "start": \(time), "end": \(time), "duration": \(text), "up_kw": \(number), \
        "down_kw": \(number), "price": \(number), "valid_until": \(time)
        """, required: #""id", "start", "price""#)
}
