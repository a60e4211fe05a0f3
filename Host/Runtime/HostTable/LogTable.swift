internal import CPluginAPI
internal import Logging

/// `dsotp.log/1`.
enum LogTable {
    static var table: dsotp_log {
        dsotp_log(
            size: UInt32(MemoryLayout<dsotp_log>.size), reserved: 0,
            enabled: { host, level in
                guard let context = HostCall.context(of: host) else { return 0 }
                return context.log.isEnabled(Self.level(level)) ? 1 : 0
            },
            write: { host, level, text, pairs, count in
                _ = HostCall.run(host, nil, checkingAllowed: true) { context throws(ServiceFault) in
                    Self.write(context, Self.level(level), text, pairs, count)
                }
            })
    }

    /// Text that is not UTF-8 is repaired rather than refused: a log line is most wanted when something is wrong.
    private static func write(
        _ context: ServiceContext, _ level: Logger.Level, _ text: dsotp_plugin_bytes, _ pairs: UnsafePointer<dsotp_plugin_pair>?,
        _ count: UInt64
    ) {
        guard context.log.isEnabled(level) else { return }
        var metadata: Logger.Metadata = [:]
        if let pairs {
            for index in 0..<Int(min(count, 64)) { metadata[repaired(pairs[index].name)] = .string(repaired(pairs[index].value)) }
        }
        context.log.write(level, repaired(text), metadata)
    }

    private static func repaired(_ bytes: dsotp_plugin_bytes) -> String {
        guard let buffer = UnsafeRawBufferPointer(bytes) else { return "" }
        return String(decoding: buffer.prefix(16_384), as: UTF8.self)
    }

    private static func level(_ number: UInt32) -> Logger.Level {
        switch Int(number) {
        case DSOTP_LOG_TRACE: .trace
        case DSOTP_LOG_DEBUG: .debug
        case DSOTP_LOG_INFO: .info
        case DSOTP_LOG_NOTICE: .notice
        case DSOTP_LOG_WARNING: .warning
        default: .error
        }
    }
}
