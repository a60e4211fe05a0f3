import Testing

@testable import Command

/// The platform's metrics as points.
@Suite("Health of the platform")
struct HealthRecorderTests {
    @Test("Metrics of the host and of services are told apart; those with other labels, and comments, are left")
    func samples() {
        let text = """
            # HELP dsotp_databus_clients_connected Clients connected.
            dsotp_databus_clients_connected 12
            process_cpu_seconds_total 1.5
            dsotp_runtime_queue_messages{service="state-estimation"} 3
            dsotp_service_estimates_total{service="state-estimation"} 7
            dsotp_runtime_service_state{service="state-estimation",state="running"} 1
            dsotp_commands_total{decision="accepted"} 2
            dsotp_service_pinball{service="forecasting"} NaN
            """
        let samples = HealthRecorder.samples(of: text)
        #expect(samples.map { "\($0.service) \($0.field) \($0.value)" } == [
            "host databus_clients_connected 12.0", "host process_cpu_seconds_total 1.5", "state-estimation runtime_queue_messages 3.0",
            "state-estimation service_estimates_total 7.0",
        ])
    }
}
