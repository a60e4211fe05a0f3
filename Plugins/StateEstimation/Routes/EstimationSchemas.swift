import PluginAPI

/// The schemas that the operations name, for the host's OpenAPI document.
enum EstimationSchemas {
    static func json(_ service: String) -> String {
        let entries = [
            ("grid", grid), ("state", state), ("observability", observability), ("residuals", residuals), ("violations", violations),
            ("what_if", whatIf), ("topology_test", topologyTest),
        ]
        return "{" + entries.map { #""\#(service)_\#($0.0)": \#($0.1)"# }.joined(separator: ", ") + "}"
    }

    private static func object(_ properties: String, required: String = "") -> String {
        #"{"type": "object", "properties": {\#(properties)}\#(required.isEmpty ? "" : #", "required": [\#(required)]"#)}"#
    }

    private static func list(_ properties: String) -> String { #"{"type": "array", "items": \#(object(properties))}"# }

    private static let number = #"{"type": ["number", "null"]}"#
    private static let text = #"{"type": "string"}"#
    private static let boolean = #"{"type": "boolean"}"#

    private static let grid = object(
        """
        "name": \(text), "nodes": \(list(#""id": \#(text), "name": \#(text), "nominal_volts": \#(number), "x": \#(number), "y": \#(number)"#)), \
        "branches": \(list(#""id": \#(text), "name": \#(text), "kind": \#(text), "from": \#(text), "to": \#(text), "rated_amperes": \#(number)"#)), \
        "switches": \(list(#""id": \#(text), "name": \#(text), "kind": \#(text), "node": \#(text), "branch": \#(text), "normal_open": \#(boolean), "command_topic": \#(text)"#)), \
        "sources": \(list(#""node": \#(text)"#))
        """)

    private static let state = object(
        """
        "grid": \(text), "time": \(text), "age_ms": {"type": "integer"}, "detail": \(text), "model": \(text), "revision": {"type": "integer"}, \
        "calculation": {"type": "string", "enum": ["positive-sequence", "three-phase"]}, \
        "taps": \(list(#""id": \#(text), "transformer": \#(text), "position": \#(number), "reported": \#(boolean)"#)), \
        "status": {"type": "string", "enum": ["waiting", "converged", "stale", "not-observable", "not-converged", "what-if"]}, \
        "iterations": {"type": "integer"}, "objective": \(number), "chi_square_95": \(number), "metered_values": {"type": "integer"}, \
        "losses_watts": \(number), "sigma_amperes": \(number), "sigma_p_from": \(number), "sigma_q_from": \(number), "sigma_p_to": \(number), \
        "sigma_q_to": \(number), "nodes": \(list(node)), "branches": \(list(branch)), "loads": \(list(load)), \
        "switch_suspicions": {"type": "array", "items": \(text)}, \
        "switches": \(list(#""id": \#(text), "position": \#(text), "reported": \#(boolean)"#)), \
        "violations": \(list(violation)), "suspects": {"type": "array", "items": \(text)}
        """)

    private static let node = """
        "id": \(text), "energised": \(boolean), "volts": \(number), "per_unit": \(number), "angle_degrees": \(number), \
        "sigma_volts": \(number), "p": \(number), "q": \(number), "measured_volts": \(number), "residual": \(number), \
        "violation": \(text), "source": \(source), "shown_phase": \(phaseName), "unbalance_percent": \(number), "phases": \(list(nodePhase))
        """

    private static let source = #"{"type": "string", "enum": ["measured", "estimated", "pseudo-only", "not-estimable", "computed"]}"#
    private static let phaseName = #"{"type": "string", "enum": ["A", "B", "C", "s1", "s2"]}"#

    /// Of three-phase calculations: voltages to ground, single-phase powers.
    private static let nodePhase = """
        "phase": \(phaseName), "source": \(source), "volts": \(number), "per_unit": \(number), "angle_degrees": \(number), \
        "sigma_volts": \(number), "p": \(number), "q": \(number), "measured_volts": \(number), "residual": \(number), "violation": \(text)
        """

    private static let branchPhase = """
        "phase": \(phaseName), "amperes": \(number), "loading_percent": \(number), "p_from": \(number), "q_from": \(number), \
        "p_to": \(number), "q_to": \(number)
        """

    private static let branch = """
        "id": \(text), "energised": \(boolean), "amperes": \(number), "loading_percent": \(number), "p_from": \(number), \
        "q_from": \(number), "p_to": \(number), "q_to": \(number), "losses_watts": \(number), "phases": \(list(branchPhase))
        """

    private static let load = """
        "id": \(text), "p": \(number), "q": \(number), "sigma_p": \(number), "sigma_q": \(number), "reading_time": \(text), \
        "basis": {"type": "string", "enum": ["metered", "reading", "forecast", "profile", "model"]}
        """

    private static let topologyTest = object(
        """
        "as_it_is": \(object(verdict)), \
        "hypotheses": \(list(#""switch": \#(text), "name": \#(text), "position": \#(text), "contradiction": \#(text), "# + verdict))
        """)

    private static let verdict = #""objective": \#(number), "degrees_of_freedom": {"type": "integer"}, "plausibility": \#(number)"#

    private static let violation = #""severity": {"type": "string", "enum": ["warning", "error"]}, "id": \#(text), "sentence": \#(text)"#

    private static let violations = object(#""time": \#(text), "violations": \#(list(violation))"#)

    private static let observability = object(
        """
        "observable": \(boolean), "with_profiles": \(boolean), "unobservable": {"type": "array", "items": \(text)}, \
        "islands": {"type": "array", "items": {"type": "array", "items": \(text)}}, "reasons": {"type": "array", "items": \(text)}, \
        "parts": \(list(#""nodes": {"type": "array", "items": \#(text)}, "missing": {"type": "integer"}, "reason": \#(text)"#)), \
        "critical_measurements": {"type": "array", "items": \(text)}, \
        "critical_pairs": {"type": "array", "items": {"type": "array", "items": \(text)}}, \
        "proposals": \(list(#""at": \#(text), "quantities": {"type": "array", "items": \#(text)}, "benefit": \#(number)"#))
        """)

    private static let residuals = object(
        #""measurements": \#(list(#""name": \#(text), "measured": \#(number), "estimated": \#(number), "sigma": \#(number), "normalized_residual": \#(number), "unit": \#(text)"#))"#)

    private static let whatIf = object(
        """
        "switches": {"type": "object", "additionalProperties": {"type": "string", "enum": ["open", "closed"]}}, \
        "loads": {"type": "object", "additionalProperties": \(object(#""p": {"type": "number"}, "q": {"type": "number"}"#, required: #""p", "q""#))}, \
        "scale": {"type": "number", "minimum": 0, "maximum": 1000}
        """)
}
