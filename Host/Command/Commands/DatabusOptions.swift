import ArgumentParser
import Databus

/// How a command reaches a databus as one of its clients.
struct DatabusOptions: ParsableArguments {
    @Option(help: "Host of the databus.")
    var host = "127.0.0.1"
    @Option(help: "Port of the databus.")
    var port = 1883
    @Option(help: "User at the databus.")
    var user = "admin"
    @Option(help: "Password at the databus.")
    var password = "admin"

    /// - Parameter purpose: first part of the client identifier, which ends at random so that two of them don't take each other's place.
    func client(_ purpose: String) -> MQTTClientOptions {
        MQTTClientOptions(
            host: host, port: port, clientIdentifier: "\(purpose)-\(String(UInt32.random(in: 0...UInt32.max), radix: 16))", user: user,
            password: password)
    }
}
