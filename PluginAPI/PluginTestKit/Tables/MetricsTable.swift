import CPluginAPI
import PluginAPI

/// Name and labels of a metric.
struct MetricIdentity: Hashable {
    let name: String
    let labels: [String: String]
}

/// A metric that the service declared.
struct MemoryMetric {
    let kind: UInt32
    /// A counter's or gauge's value, the sum of a histogram's observations.
    var value = 0.0
    var observations = 0
}

let metricsTable = dsotp_metrics(
    size: UInt32(MemoryLayout<dsotp_metrics>.size), reserved: 0,
    declare: { host, kind, name, help, labels, count, metric, error in
        hostCall(host, error, .metrics, "declare") { host throws(ServiceError) in
            var found: [String: String] = [:]
            for pair in UnsafeBufferPointer(start: labels, count: labels == nil ? 0 : Int(count)) {
                found[String(pair.name)] = String(pair.value)
            }
            let handle = try host.declare(MetricIdentity(name: String(name), labels: found), kind: kind)
            metric?.pointee = handle
        }
    },
    add: { host, metric, amount in
        change(host, metric, "add", kinds: [DSOTP_METRIC_COUNTER, DSOTP_METRIC_GAUGE]) { $0.value += amount }
    },
    set: { host, metric, value in
        change(host, metric, "set", kinds: [DSOTP_METRIC_GAUGE]) { $0.value = value }
    },
    observe: { host, metric, value in
        change(host, metric, "observe", kinds: [DSOTP_METRIC_HISTOGRAM]) {
            $0.value += value
            $0.observations += 1
        }
    })

private func change(
    _ host: UnsafePointer<dsotp_host>?, _ metric: UInt64, _ name: StaticString, kinds: [Int], _ body: (inout MemoryMetric) -> Void
) {
    guard let host = MemoryHost.quietly(host, .metrics, name) else { return }
    let isKnown = host.withState { state in
        guard (1...UInt64(max(state.metrics.count, 1))).contains(metric), Int(metric) <= state.metrics.count else { return false }
        guard kinds.contains(Int(state.metrics[Int(metric) - 1].kind)) else { return false }
        body(&state.metrics[Int(metric) - 1])
        return true
    }
    if !isKnown { host.violation("\(name) of dsotp.metrics/1 is called with the wrong handle \(metric)") }
}

extension MemoryHost {
    fileprivate func declare(_ identity: MetricIdentity, kind: UInt32) throws(ServiceError) -> UInt64 {
        let isName = identity.name.utf8.enumerated().allSatisfy { index, byte in
            byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (index > 0 && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte))
        }
        guard isName, !identity.name.isEmpty else {
            throw .invalidArgument("'\(identity.name)' is no name for a metric: expected [a-z_][a-z0-9_]*")
        }
        guard (1...3).contains(kind) else { throw .invalidArgument("\(kind) is no kind of metric") }
        let outcome: Result<UInt64, ServiceError> = withState { state in
            if let index = state.metricsByName[identity] {
                return state.metrics[index].kind == kind
                    ? .success(UInt64(index + 1))
                    : .failure(.invalidArgument("the metric '\(identity.name)' was declared with another kind before"))
            }
            guard state.metrics.count < 1000 else { return .failure(.limitReached("the service has 1000 metrics already")) }
            state.metrics.append(MemoryMetric(kind: kind))
            state.metricsByName[identity] = state.metrics.count - 1
            return .success(UInt64(state.metrics.count))
        }
        return try outcome.get()
    }
}
