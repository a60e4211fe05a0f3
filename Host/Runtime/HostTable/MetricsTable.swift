internal import CPluginAPI

/// `dsotp.metrics/1`.
enum MetricsTable {
    static var table: dsotp_metrics {
        dsotp_metrics(
            size: UInt32(MemoryLayout<dsotp_metrics>.size), reserved: 0,
            declare: { host, kind, name, help, labels, count, metric, error in
                HostCall.run(host, error) { context throws(ServiceFault) in
                    guard let metric else { throw .invalid("metrics: the place for the handle is NULL") }
                    guard let kind = MetricKind(rawValue: kind) else {
                        throw .invalid("metrics: the kind is unknown (expected 1 … 3; got \(kind))")
                    }
                    let name = try HostCall.text(name, "metrics: the name", 1...180)
                    let help = try HostCall.text(help, "metrics: the help text", 0...4_096)
                    let labels = try HostCall.pairs(labels, count: count, "metrics: the labels")
                    let given = try context.remote?.host.declare(kind, name, help: help, labels: labels)
                    do throws(MetricsError) {
                        metric.pointee = try context.metrics.declare(kind, name, help: help, labels: labels)
                        if let given, let declared = context.metrics.metric(metric.pointee) {
                            context.remote?.metrics.add(declared, handle: given)
                        }
                    } catch {
                        let status = error.code == .limitReached ? DSOTP_LIMIT_REACHED : DSOTP_INVALID_ARGUMENT
                        throw ServiceFault(status: dsotp_status(status), sentence: "metrics: \(error)")
                    }
                }
            },
            add: { host, metric, amount in HostCall.context(of: host)?.metrics.metric(metric)?.add(amount) },
            set: { host, metric, value in HostCall.context(of: host)?.metrics.metric(metric)?.set(value) },
            observe: { host, metric, value in HostCall.context(of: host)?.metrics.metric(metric)?.observe(value) })
    }
}
