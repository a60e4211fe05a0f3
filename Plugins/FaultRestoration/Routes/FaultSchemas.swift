/// The schemas that the operations name, for the host's OpenAPI document.
enum FaultSchemas {
    static func json(_ service: String) -> String {
        let entries = [
            ("faults", faults), ("fault", fault), ("approval", approval), ("rejection", rejection), ("simulation", simulation),
            ("simulated", simulated), ("screening", screening), ("optimisation", optimisation), ("optimised", optimised),
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
    private static let boolean = #"{"type": "boolean"}"#
    private static let texts = #"{"type": "array", "items": \#(text)}"#

    private static let device = #""switch": \#(text), "name": \#(text)"#
    private static let section = #""description": \#(text), "equipment": \#(texts), "nodes": \#(texts)"#
    private static let indices = object(#""saidi_minutes": \#(number), "saifi": \#(number)"#)
    private static let reliability = #""reliability": \#(object(#""without_plan": \#(indices), "with_plan": \#(indices)"#))"#

    private static let check = object(
        """
        "energised_kw": \(number), "losses_kw": \(number), "lowest_voltage_pu": \(number), "lowest_voltage_at": \(text), \
        "highest_loading_percent": \(number), "highest_loading_on": \(text), "radial": \(boolean), "fault_dead": \(boolean), "violations": \(texts)
        """)

    private static let step = #"\#(device), "action": {"type": "string", "enum": ["open", "close"]}, "purpose": \#(text), "after": \#(check)"#

    private static let card = """
        "id": \(text), "severity": {"type": "string", "enum": ["information", "warning", "alarm"]}, \
        "state": {"type": "string", "enum": ["waiting", "cleared", "unlocated", "proposed", "executing", "completed", "stopped", "rejected", \
        "superseded", "closed"]}, "title": \(text), "detail": \(text), "began": \(text), "tripped": \(texts), \
        "verdict": {"type": "string", "enum": ["located", "mal-operation", "no fault"]}, \
        "candidates": \(list(#""section": \#(text), "probability": \#(number), "suspected": \#(boolean)"#)), "contradictions": \(texts), \
        "places": \(list(#""line": \#(text), "share_percent": \#(number)"#)), "interrupted_kw": \(number), "unserved_kw": \(number), \
        \(reliability), "purpose": \(text), "proposal": \(integer), "steps_total": \(integer), "steps_done": \(integer), \
        "safe_state": \(text), "approvals": \(texts)
        """

    private static let plan = """
        "faulted_sections": \(list(section)), "isolate": \(list(device)), "lock_out": \(list(device)), \
        "passed_over": \(list(device + #", "reason": \#(text)"#)), "energised_before_kw": \(number), "energised_after_trip_kw": \(number), \
        "energised_after_isolation_kw": \(number), "energised_after_plan_kw": \(number), "unserved_kw": \(number), \
        "priority_restored_kw": \(number), "transfer_operations": \(integer), "proven_best": \(boolean), "configurations_tried": \(integer), \
        "notes": \(texts)
        """

    private static let row = """
        "equipment": \(text), "name": \(text), "clearing_switch": \(text), "interrupted_kw": \(number), "unserved_kw": \(number), \
        "unserved_customers": \(integer), "operations": \(integer), "closes": \(texts), "opens": \(texts), "fully_restored": \(boolean), \
        "proven_best": \(boolean)
        """

    private static let faults = object(#""mode": \#(text), "approvals_needed": \#(integer), "faults": \#(list(card))"#)
    private static let fault = object(
        """
        \(card), "loads_from": \(text), "plan": \(object(plan)), "steps": \(list(#""number": \#(integer), "state": \#(text), \#(step)"#)), \
        "undo": \(list(step)), "excluded": \(list(device)), "history": \(list(#""time": \#(text), "sentence": \#(text)"#))
        """)
    private static let approval = object(#""proposal": \#(integer)"#)
    private static let rejection = object(#""reason": \#(text)"#)
    private static let simulation = object(#""equipment": \#(text)"#, required: #""equipment""#)
    private static let simulated = object(
        #""clearing_switch": \#(text), "plan": \#(object(plan)), "steps": \#(list(step)), \#(reliability)"#)
    private static let screening = object(#""loads_from": \#(text), "energised_kw": \#(number), "rows": \#(list(row))"#)
    private static let optimisation = object(#""uses_crews": \#(boolean), "rounds": \#(integer)"#)
    private static let optimised = object(
        """
        "losses_before_kw": \(number), "losses_kw": \(number), "lowest_voltage_before_pu": \(number), "lowest_voltage_pu": \(number), \
        "within_limits": \(boolean), "closes": \(list(device)), "opens": \(list(device)), "steps": \(list(step)), "interrupted_kw": \(number), \
        "notes": \(texts), "configurations_tried": \(integer)
        """)
}
