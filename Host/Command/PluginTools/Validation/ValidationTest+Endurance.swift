internal import CPluginAPI
internal import PluginAPI
internal import PluginTestKit
internal import Runtime

extension ValidationTest {
    static let enduranceTests: [ValidationTest] = [
        ValidationTest(
            name: "leak", prose: "1,000 times from create to destroy, with messages between: no memory is left behind."
        ) { subject in
            let library = try subject.library()
            let takesMessages = try library.module().pointee.service?.pointee.on_messages != nil
            let topic = takesMessages ? subject.topics.first : nil
            let growth = try MemoryUse.growth(cycles: 1_000) {
                let harness = try subject.running(library)
                if let topic {
                    for payload in Payloads.samples { try harness.accepts("a message") { try $0.deliver([TestMessage(topic, payload)]) } }
                }
                try harness.finish()
            }
            return MemoryUse.verdict(growth, of: "life")
        },
        ValidationTest(
            name: "restart-leak", prose: "1,000 times from configure to stop of one instance, with messages between: no memory is left behind."
        ) { subject in
            let harness = try subject.running(try subject.library())
            let topic = harness.module.service?.pointee.on_messages == nil ? nil : subject.topics.first
            let growth = try MemoryUse.growth(cycles: 1_000) {
                if let topic {
                    for payload in Payloads.samples { try harness.accepts("a message") { try $0.deliver([TestMessage(topic, payload)]) } }
                }
                try harness.finish()
                // What the host in memory keeps of it is not the library's.
                harness.forget()
                try harness.configure(subject.configuration.json).start()
            }
            try harness.finish()
            return MemoryUse.verdict(growth, of: "restart")
        },
    ]
}
