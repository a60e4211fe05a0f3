import CPluginAPI

/// The C table of a service written in Swift: each function finds the object and calls it, and turns what it throws into an error.
func serviceTable(create: @escaping Module.Create) -> dsotp_service {
    dsotp_service(
        size: UInt32(MemoryLayout<dsotp_service>.size),
        reserved: 0,
        create: create,
        configure: { instance, configuration, error in
            outcome(error) { try configure(instance, configuration) }
        },
        start: { instance, error in
            outcome(error) { try ServiceInstance.at(instance).service().start() }
        },
        on_messages: { instance, batch, error in
            outcome(error) {
                guard let batch else { throw ServiceError.invalidArgument("the host passes no batch") }
                try ServiceInstance.at(instance).service().process(try MessageBatch(batch))
            }
        },
        on_request: { instance, request, error in
            outcome(error) {
                guard let request else { throw ServiceError.invalidArgument("the host passes no request") }
                try ServiceInstance.at(instance).service().respond(to: try Request(request))
            }
        },
        on_timer: { instance, timer, now, error in
            outcome(error) { try ServiceInstance.at(instance).service().timer(timer, at: Timestamp(nanoseconds: now)) }
        },
        drain: { instance, deadline, error in
            outcome(error) { try ServiceInstance.at(instance).service().drain(until: Timestamp(nanoseconds: deadline)) }
        },
        stop: { instance, error in
            outcome(error) { try ServiceInstance.at(instance).service().stop() }
        },
        destroy: { instance in
            guard let instance else { return }
            Unmanaged<ServiceInstance>.fromOpaque(instance).release()
        },
        get_extension: { instance, identifier in
            switch String(decoding: identifier.buffer, as: UTF8.self) {
            case DSOTP_EXT_HEALTH: UnsafeRawPointer(healthTable)
            case DSOTP_EXT_STATE: (try? ServiceInstance.at(instance))?.stateTable().map { UnsafeRawPointer($0) }
            case DSOTP_EXT_COMMAND_OUTCOMES: UnsafeRawPointer(commandOutcomesTable)
            default: nil
            }
        })
}

private func configure(_ instance: dsotp_instance?, _ configuration: UnsafePointer<dsotp_configuration>?) throws {
    guard let configuration, Int(configuration.pointee.size) >= FirstSizes.configuration else {
        throw ServiceError.invalidArgument("the host passes no configuration, or one smaller than that of ABI 1.0")
    }
    let service = try ServiceInstance.at(instance).makeService()
    let wanted = Configuration(json: configuration.pointee.json.buffer)
    if configuration.pointee.validate_only == 1 {
        try service.validate(wanted)
    } else {
        try service.configure(wanted)
    }
}

/// `dsotp.health/1` of every Swift service. Filled once and then only read, for the life of the process.
private nonisolated(unsafe) let healthTable: UnsafePointer<dsotp_health> = {
    let table = UnsafeMutablePointer<dsotp_health>.allocate(capacity: 1)
    table.initialize(
        to: dsotp_health(
            size: UInt32(MemoryLayout<dsotp_health>.size), reserved: 0,
            check: { instance, sentence in
                guard let health = try? ServiceInstance.at(instance).service().health() else { return 1 }
                guard case .degraded(let reason) = health else { return 1 }
                sentence?.pointee = dsotp_owned_bytes(owning: reason)
                return 0
            }))
    return UnsafePointer(table)
}()

/// `dsotp.command_outcomes/1` of every Swift service. Filled once and then only read, for the life of the process.
private nonisolated(unsafe) let commandOutcomesTable: UnsafePointer<dsotp_command_outcomes> = {
    let table = UnsafeMutablePointer<dsotp_command_outcomes>.allocate(capacity: 1)
    table.initialize(
        to: dsotp_command_outcomes(
            size: UInt32(MemoryLayout<dsotp_command_outcomes>.size), reserved: 0,
            on_outcomes: { instance, batch, error in
                outcome(error) {
                    guard let batch else { throw ServiceError.invalidArgument("the host passes no outcomes") }
                    try ServiceInstance.at(instance).service().commands(changed: try CommandOutcome.copies(of: batch), lost: batch.pointee.dropped)
                }
            }))
    return UnsafePointer(table)
}()
