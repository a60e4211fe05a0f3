internal import CPluginAPI
internal import PluginTestKit

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
        }
    ]
}
