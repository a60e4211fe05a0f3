extension ServiceSupervisor {
    /// All services of the site, sorted by name.
    public nonisolated func list() -> [ServiceStatus] { services.map(\.status) }

    /// One service.
    public nonisolated func status(_ name: String) throws(SupervisorError) -> ServiceStatus { try find(name).status }

    /// The parts of the OpenAPI document of services that run.
    public nonisolated func openAPI() -> [OpenAPIFragment] {
        services.compactMap { service in
            service.worker?.context.routes.openAPI(service: service.manifest.service, description: service.manifest.description)
        }
    }

    /// All metrics in Prometheus' text format: those of the registry, and of the runtime itself as `dsotp_runtime_…`.
    public nonisolated func metricsText() -> String {
        let list = list()
        var text = metrics.render()
        func family(_ name: String, _ kind: MetricKind, _ help: String, _ value: (ServiceStatus) -> Double) {
            text += MetricsRegistry.heading(name: name, kind: kind, help: help)
            for status in list {
                text += "\(name){service=\"\(MetricsRegistry.escape(status.service))\"} \(Metric.number(value(status)))\n"
            }
        }
        text += MetricsRegistry.heading(
            name: "dsotp_runtime_service_state", kind: .gauge, help: "1 for the state that the service is in, 0 for the others.")
        for status in list {
            for state in ServiceState.allCases {
                text +=
                    "dsotp_runtime_service_state{service=\"\(status.service)\",state=\"\(state.rawValue)\"} \(state == status.state ? 1 : 0)\n"
            }
        }
        family("dsotp_runtime_messages_received_total", .counter, "Messages taken into the mailbox.") { Double($0.counters.received) }
        family("dsotp_runtime_messages_processed_total", .counter, "Messages that the service took with success.") {
            Double($0.counters.processed)
        }
        family("dsotp_runtime_messages_dropped_total", .counter, "Messages lost at a full mailbox.") { Double($0.counters.dropped) }
        family("dsotp_runtime_messages_spilled_total", .counter, "Messages put on the disk because the mailbox was full.") {
            Double($0.counters.spilled)
        }
        family("dsotp_runtime_messages_replayed_total", .counter, "Messages that waited on the disk when the service ended, delivered after.") {
            Double($0.counters.replayed)
        }
        family("dsotp_runtime_spill_messages", .gauge, "Messages that wait on the disk.") { Double($0.queue.spilledMessages) }
        family("dsotp_runtime_spill_bytes", .gauge, "Bytes of the files of messages that wait on the disk.") { Double($0.queue.spilledBytes) }
        family("dsotp_runtime_messages_published_total", .counter, "Messages that the service published.") { Double($0.counters.published) }
        family("dsotp_runtime_points_written_total", .counter, "Points that the service wrote.") { Double($0.counters.points) }
        family("dsotp_runtime_calls_refused_total", .counter, "Calls that the manifest does not permit.") { Double($0.counters.refused) }
        family("dsotp_runtime_callback_errors_total", .counter, "Callbacks that returned an error.") { Double($0.counters.errors) }
        family("dsotp_runtime_requests_total", .counter, "Requests that the service answered.") { Double($0.counters.requests) }
        family("dsotp_runtime_restarts_total", .counter, "Starts after the first.") { Double($0.restarts) }
        family("dsotp_runtime_queue_messages", .gauge, "Messages that wait in the mailbox.") { Double($0.queue.messages) }
        family("dsotp_runtime_queue_bytes", .gauge, "Bytes of the messages that wait in the mailbox.") { Double($0.queue.bytes) }
        return text
    }
}
