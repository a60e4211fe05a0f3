import CPluginAPI

/// The layout of the ABI as Swift sees it, in the form of `Tests/Data/abi/layout.c`.
struct SwiftLayout {
    var text = ""

    init() {
        types()
        service()
        extensions()
        timeseries()
        constants()
        commands()
    }

    mutating func type<Root>(_ type: Root.Type, _ name: String, _ members: (String, PartialKeyPath<Root>, Int)...) {
        text += "\(name) size \(MemoryLayout<Root>.size) align \(MemoryLayout<Root>.alignment)\n"
        for (member, path, size) in members {
            text += "  \(member) offset \(MemoryLayout<Root>.offset(of: path) ?? -1) size \(size)\n"
        }
    }

    func size<Root, Value>(_ path: KeyPath<Root, Value>) -> Int { MemoryLayout<Value>.size }

    private mutating func types() {
        type(
            dsotp_host_bytes.self, "dsotp_host_bytes",
            ("data", \dsotp_host_bytes.data, size(\dsotp_host_bytes.data)),
            ("count", \dsotp_host_bytes.count, size(\dsotp_host_bytes.count)))
        type(
            dsotp_plugin_bytes.self, "dsotp_plugin_bytes",
            ("data", \dsotp_plugin_bytes.data, size(\dsotp_plugin_bytes.data)),
            ("count", \dsotp_plugin_bytes.count, size(\dsotp_plugin_bytes.count)))
        type(
            dsotp_owned_bytes.self, "dsotp_owned_bytes",
            ("data", \dsotp_owned_bytes.data, size(\dsotp_owned_bytes.data)),
            ("count", \dsotp_owned_bytes.count, size(\dsotp_owned_bytes.count)),
            ("release", \dsotp_owned_bytes.release, size(\dsotp_owned_bytes.release)),
            ("owner", \dsotp_owned_bytes.owner, size(\dsotp_owned_bytes.owner)))
        type(
            dsotp_error.self, "dsotp_error",
            ("size", \dsotp_error.size, size(\dsotp_error.size)),
            ("status", \dsotp_error.status, size(\dsotp_error.status)),
            ("retryable", \dsotp_error.retryable, size(\dsotp_error.retryable)),
            ("reserved", \dsotp_error.reserved, size(\dsotp_error.reserved)),
            ("sentence", \dsotp_error.sentence, size(\dsotp_error.sentence)),
            ("detail", \dsotp_error.detail, size(\dsotp_error.detail)))
        type(
            dsotp_host_pair.self, "dsotp_host_pair",
            ("name", \dsotp_host_pair.name, size(\dsotp_host_pair.name)),
            ("value", \dsotp_host_pair.value, size(\dsotp_host_pair.value)))
        type(
            dsotp_plugin_pair.self, "dsotp_plugin_pair",
            ("name", \dsotp_plugin_pair.name, size(\dsotp_plugin_pair.name)),
            ("value", \dsotp_plugin_pair.value, size(\dsotp_plugin_pair.value)))
    }

    private mutating func service() {
        type(
            dsotp_host.self, "dsotp_host",
            ("size", \dsotp_host.size, size(\dsotp_host.size)),
            ("reserved", \dsotp_host.reserved, size(\dsotp_host.reserved)),
            ("context", \dsotp_host.context, size(\dsotp_host.context)),
            ("get_extension", \dsotp_host.get_extension, size(\dsotp_host.get_extension)))
        type(
            dsotp_message.self, "dsotp_message",
            ("size", \dsotp_message.size, size(\dsotp_message.size)),
            ("subscription", \dsotp_message.subscription, size(\dsotp_message.subscription)),
            ("topic", \dsotp_message.topic, size(\dsotp_message.topic)),
            ("payload", \dsotp_message.payload, size(\dsotp_message.payload)),
            ("received", \dsotp_message.received, size(\dsotp_message.received)),
            ("sequence", \dsotp_message.sequence, size(\dsotp_message.sequence)),
            ("qos", \dsotp_message.qos, size(\dsotp_message.qos)),
            ("retained", \dsotp_message.retained, size(\dsotp_message.retained)),
            ("duplicate", \dsotp_message.duplicate, size(\dsotp_message.duplicate)),
            ("reserved", \dsotp_message.reserved, size(\dsotp_message.reserved)))
        type(
            dsotp_message_batch.self, "dsotp_message_batch",
            ("size", \dsotp_message_batch.size, size(\dsotp_message_batch.size)),
            ("count", \dsotp_message_batch.count, size(\dsotp_message_batch.count)),
            ("stride", \dsotp_message_batch.stride, size(\dsotp_message_batch.stride)),
            ("messages", \dsotp_message_batch.messages, size(\dsotp_message_batch.messages)),
            ("dropped", \dsotp_message_batch.dropped, size(\dsotp_message_batch.dropped)))
        type(
            dsotp_configuration.self, "dsotp_configuration",
            ("size", \dsotp_configuration.size, size(\dsotp_configuration.size)),
            ("validate_only", \dsotp_configuration.validate_only, size(\dsotp_configuration.validate_only)),
            ("json", \dsotp_configuration.json, size(\dsotp_configuration.json)))
        type(
            dsotp_request.self, "dsotp_request",
            ("size", \dsotp_request.size, size(\dsotp_request.size)),
            ("route", \dsotp_request.route, size(\dsotp_request.route)),
            ("identifier", \dsotp_request.identifier, size(\dsotp_request.identifier)),
            ("method", \dsotp_request.method, size(\dsotp_request.method)),
            ("path", \dsotp_request.path, size(\dsotp_request.path)),
            ("content_type", \dsotp_request.content_type, size(\dsotp_request.content_type)),
            ("body", \dsotp_request.body, size(\dsotp_request.body)),
            ("path_parameters", \dsotp_request.path_parameters, size(\dsotp_request.path_parameters)),
            ("path_parameter_count", \dsotp_request.path_parameter_count, size(\dsotp_request.path_parameter_count)),
            ("query_items", \dsotp_request.query_items, size(\dsotp_request.query_items)),
            ("query_item_count", \dsotp_request.query_item_count, size(\dsotp_request.query_item_count)),
            ("user", \dsotp_request.user, size(\dsotp_request.user)),
            ("role", \dsotp_request.role, size(\dsotp_request.role)),
            ("deadline", \dsotp_request.deadline, size(\dsotp_request.deadline)))
        type(
            dsotp_service.self, "dsotp_service",
            ("size", \dsotp_service.size, size(\dsotp_service.size)),
            ("reserved", \dsotp_service.reserved, size(\dsotp_service.reserved)),
            ("create", \dsotp_service.create, size(\dsotp_service.create)),
            ("configure", \dsotp_service.configure, size(\dsotp_service.configure)),
            ("start", \dsotp_service.start, size(\dsotp_service.start)),
            ("on_messages", \dsotp_service.on_messages, size(\dsotp_service.on_messages)),
            ("on_request", \dsotp_service.on_request, size(\dsotp_service.on_request)),
            ("on_timer", \dsotp_service.on_timer, size(\dsotp_service.on_timer)),
            ("drain", \dsotp_service.drain, size(\dsotp_service.drain)),
            ("stop", \dsotp_service.stop, size(\dsotp_service.stop)),
            ("destroy", \dsotp_service.destroy, size(\dsotp_service.destroy)),
            ("get_extension", \dsotp_service.get_extension, size(\dsotp_service.get_extension)))
        type(
            dsotp_module.self, "dsotp_module",
            ("size", \dsotp_module.size, size(\dsotp_module.size)),
            ("abi_major", \dsotp_module.abi_major, size(\dsotp_module.abi_major)),
            ("abi_minor", \dsotp_module.abi_minor, size(\dsotp_module.abi_minor)),
            ("reserved", \dsotp_module.reserved, size(\dsotp_module.reserved)),
            ("identifier", \dsotp_module.identifier, size(\dsotp_module.identifier)),
            ("version", \dsotp_module.version, size(\dsotp_module.version)),
            ("summary", \dsotp_module.summary, size(\dsotp_module.summary)),
            ("service", \dsotp_module.service, size(\dsotp_module.service)))
        type(
            dsotp_host_abi.self, "dsotp_host_abi",
            ("size", \dsotp_host_abi.size, size(\dsotp_host_abi.size)),
            ("major", \dsotp_host_abi.major, size(\dsotp_host_abi.major)),
            ("oldest_minor", \dsotp_host_abi.oldest_minor, size(\dsotp_host_abi.oldest_minor)),
            ("newest_minor", \dsotp_host_abi.newest_minor, size(\dsotp_host_abi.newest_minor)),
            ("name", \dsotp_host_abi.name, size(\dsotp_host_abi.name)),
            ("version", \dsotp_host_abi.version, size(\dsotp_host_abi.version)),
            ("refusal", \dsotp_host_abi.refusal, size(\dsotp_host_abi.refusal)))
    }

    private mutating func extensions() {
        type(
            dsotp_clock.self, "dsotp_clock",
            ("size", \dsotp_clock.size, size(\dsotp_clock.size)),
            ("reserved", \dsotp_clock.reserved, size(\dsotp_clock.reserved)),
            ("now", \dsotp_clock.now, size(\dsotp_clock.now)),
            ("monotonic", \dsotp_clock.monotonic, size(\dsotp_clock.monotonic)))
        type(
            dsotp_config.self, "dsotp_config",
            ("size", \dsotp_config.size, size(\dsotp_config.size)),
            ("reserved", \dsotp_config.reserved, size(\dsotp_config.reserved)),
            ("get_text", \dsotp_config.get_text, size(\dsotp_config.get_text)),
            ("get_number", \dsotp_config.get_number, size(\dsotp_config.get_number)),
            ("get_integer", \dsotp_config.get_integer, size(\dsotp_config.get_integer)),
            ("get_boolean", \dsotp_config.get_boolean, size(\dsotp_config.get_boolean)),
            ("get_count", \dsotp_config.get_count, size(\dsotp_config.get_count)),
            ("get_key", \dsotp_config.get_key, size(\dsotp_config.get_key)))
        type(
            dsotp_publication.self, "dsotp_publication",
            ("size", \dsotp_publication.size, size(\dsotp_publication.size)),
            ("qos", \dsotp_publication.qos, size(\dsotp_publication.qos)),
            ("retain", \dsotp_publication.retain, size(\dsotp_publication.retain)),
            ("reserved", \dsotp_publication.reserved, size(\dsotp_publication.reserved)),
            ("topic", \dsotp_publication.topic, size(\dsotp_publication.topic)),
            ("payload", \dsotp_publication.payload, size(\dsotp_publication.payload)))
        type(
            dsotp_databus.self, "dsotp_databus",
            ("size", \dsotp_databus.size, size(\dsotp_databus.size)),
            ("reserved", \dsotp_databus.reserved, size(\dsotp_databus.reserved)),
            ("publish", \dsotp_databus.publish, size(\dsotp_databus.publish)))
        type(
            dsotp_health.self, "dsotp_health",
            ("size", \dsotp_health.size, size(\dsotp_health.size)),
            ("reserved", \dsotp_health.reserved, size(\dsotp_health.reserved)),
            ("check", \dsotp_health.check, size(\dsotp_health.check)))
        type(
            dsotp_state.self, "dsotp_state",
            ("size", \dsotp_state.size, size(\dsotp_state.size)),
            ("version", \dsotp_state.version, size(\dsotp_state.version)),
            ("oldest_version", \dsotp_state.oldest_version, size(\dsotp_state.oldest_version)),
            ("reserved", \dsotp_state.reserved, size(\dsotp_state.reserved)),
            ("save", \dsotp_state.save, size(\dsotp_state.save)),
            ("load", \dsotp_state.load, size(\dsotp_state.load)))
        type(
            dsotp_route.self, "dsotp_route",
            ("size", \dsotp_route.size, size(\dsotp_route.size)),
            ("route", \dsotp_route.route, size(\dsotp_route.route)),
            ("method", \dsotp_route.method, size(\dsotp_route.method)),
            ("path", \dsotp_route.path, size(\dsotp_route.path)),
            ("least_role", \dsotp_route.least_role, size(\dsotp_route.least_role)),
            ("reserved", \dsotp_route.reserved, size(\dsotp_route.reserved)),
            ("operation", \dsotp_route.operation, size(\dsotp_route.operation)))
        type(
            dsotp_response.self, "dsotp_response",
            ("size", \dsotp_response.size, size(\dsotp_response.size)),
            ("status", \dsotp_response.status, size(\dsotp_response.status)),
            ("content_type", \dsotp_response.content_type, size(\dsotp_response.content_type)),
            ("body", \dsotp_response.body, size(\dsotp_response.body)))
        type(
            dsotp_http.self, "dsotp_http",
            ("size", \dsotp_http.size, size(\dsotp_http.size)),
            ("reserved", \dsotp_http.reserved, size(\dsotp_http.reserved)),
            ("add_route", \dsotp_http.add_route, size(\dsotp_http.add_route)),
            ("set_schemas", \dsotp_http.set_schemas, size(\dsotp_http.set_schemas)),
            ("respond", \dsotp_http.respond, size(\dsotp_http.respond)))
        type(
            dsotp_kv.self, "dsotp_kv",
            ("size", \dsotp_kv.size, size(\dsotp_kv.size)),
            ("reserved", \dsotp_kv.reserved, size(\dsotp_kv.reserved)),
            ("get", \dsotp_kv.get, size(\dsotp_kv.get)),
            ("put", \dsotp_kv.put, size(\dsotp_kv.put)),
            ("remove", \dsotp_kv.remove, size(\dsotp_kv.remove)),
            ("visit", \dsotp_kv.visit, size(\dsotp_kv.visit)))
        type(
            dsotp_log.self, "dsotp_log",
            ("size", \dsotp_log.size, size(\dsotp_log.size)),
            ("reserved", \dsotp_log.reserved, size(\dsotp_log.reserved)),
            ("enabled", \dsotp_log.enabled, size(\dsotp_log.enabled)),
            ("write", \dsotp_log.write, size(\dsotp_log.write)))
        type(
            dsotp_metrics.self, "dsotp_metrics",
            ("size", \dsotp_metrics.size, size(\dsotp_metrics.size)),
            ("reserved", \dsotp_metrics.reserved, size(\dsotp_metrics.reserved)),
            ("declare", \dsotp_metrics.declare, size(\dsotp_metrics.declare)),
            ("add", \dsotp_metrics.add, size(\dsotp_metrics.add)),
            ("set", \dsotp_metrics.set, size(\dsotp_metrics.set)),
            ("observe", \dsotp_metrics.observe, size(\dsotp_metrics.observe)))
        type(
            dsotp_timer.self, "dsotp_timer",
            ("size", \dsotp_timer.size, size(\dsotp_timer.size)),
            ("reserved", \dsotp_timer.reserved, size(\dsotp_timer.reserved)),
            ("set", \dsotp_timer.set, size(\dsotp_timer.set)),
            ("cancel", \dsotp_timer.cancel, size(\dsotp_timer.cancel)))
    }

    private mutating func timeseries() {
        type(
            dsotp_column_name.self, "dsotp_column_name",
            ("size", \dsotp_column_name.size, size(\dsotp_column_name.size)),
            ("value_type", \dsotp_column_name.value_type, size(\dsotp_column_name.value_type)),
            ("database", \dsotp_column_name.database, size(\dsotp_column_name.database)),
            ("measurement", \dsotp_column_name.measurement, size(\dsotp_column_name.measurement)),
            ("tags", \dsotp_column_name.tags, size(\dsotp_column_name.tags)),
            ("tag_count", \dsotp_column_name.tag_count, size(\dsotp_column_name.tag_count)),
            ("field", \dsotp_column_name.field, size(\dsotp_column_name.field)))
        type(
            dsotp_points.self, "dsotp_points",
            ("size", \dsotp_points.size, size(\dsotp_points.size)),
            ("value_type", \dsotp_points.value_type, size(\dsotp_points.value_type)),
            ("count", \dsotp_points.count, size(\dsotp_points.count)),
            ("columns", \dsotp_points.columns, size(\dsotp_points.columns)),
            ("times", \dsotp_points.times, size(\dsotp_points.times)),
            ("values", \dsotp_points.values, size(\dsotp_points.values)),
            ("qualities", \dsotp_points.qualities, size(\dsotp_points.qualities)))
        type(
            dsotp_column_search.self, "dsotp_column_search",
            ("size", \dsotp_column_search.size, size(\dsotp_column_search.size)),
            ("reserved", \dsotp_column_search.reserved, size(\dsotp_column_search.reserved)),
            ("database", \dsotp_column_search.database, size(\dsotp_column_search.database)),
            ("measurement", \dsotp_column_search.measurement, size(\dsotp_column_search.measurement)),
            ("tags", \dsotp_column_search.tags, size(\dsotp_column_search.tags)),
            ("tag_count", \dsotp_column_search.tag_count, size(\dsotp_column_search.tag_count)),
            ("field", \dsotp_column_search.field, size(\dsotp_column_search.field)))
        type(
            dsotp_found_column.self, "dsotp_found_column",
            ("size", \dsotp_found_column.size, size(\dsotp_found_column.size)),
            ("value_type", \dsotp_found_column.value_type, size(\dsotp_found_column.value_type)),
            ("column", \dsotp_found_column.column, size(\dsotp_found_column.column)),
            ("tags", \dsotp_found_column.tags, size(\dsotp_found_column.tags)),
            ("tag_count", \dsotp_found_column.tag_count, size(\dsotp_found_column.tag_count)),
            ("field", \dsotp_found_column.field, size(\dsotp_found_column.field)))
        type(
            dsotp_read.self, "dsotp_read",
            ("size", \dsotp_read.size, size(\dsotp_read.size)),
            ("descending", \dsotp_read.descending, size(\dsotp_read.descending)),
            ("column", \dsotp_read.column, size(\dsotp_read.column)),
            ("from", \dsotp_read.from, size(\dsotp_read.from)),
            ("through", \dsotp_read.through, size(\dsotp_read.through)),
            ("limit", \dsotp_read.limit, size(\dsotp_read.limit)))
        type(
            dsotp_run.self, "dsotp_run",
            ("size", \dsotp_run.size, size(\dsotp_run.size)),
            ("value_type", \dsotp_run.value_type, size(\dsotp_run.value_type)),
            ("count", \dsotp_run.count, size(\dsotp_run.count)),
            ("times", \dsotp_run.times, size(\dsotp_run.times)),
            ("values", \dsotp_run.values, size(\dsotp_run.values)),
            ("qualities", \dsotp_run.qualities, size(\dsotp_run.qualities)))
        type(
            dsotp_timeseries.self, "dsotp_timeseries",
            ("size", \dsotp_timeseries.size, size(\dsotp_timeseries.size)),
            ("reserved", \dsotp_timeseries.reserved, size(\dsotp_timeseries.reserved)),
            ("resolve", \dsotp_timeseries.resolve, size(\dsotp_timeseries.resolve)),
            ("write", \dsotp_timeseries.write, size(\dsotp_timeseries.write)),
            ("sync", \dsotp_timeseries.sync, size(\dsotp_timeseries.sync)),
            ("find", \dsotp_timeseries.find, size(\dsotp_timeseries.find)),
            ("read", \dsotp_timeseries.read, size(\dsotp_timeseries.read)))
    }

    private mutating func constants() {
        let numbers: [(String, Int64)] = [
            ("DSOTP_QUALITY_GOOD", Int64(DSOTP_QUALITY_GOOD)),
            ("DSOTP_QUALITY_INVALID", Int64(DSOTP_QUALITY_INVALID)),
            ("DSOTP_QUALITY_QUESTIONABLE", Int64(DSOTP_QUALITY_QUESTIONABLE)),
            ("DSOTP_QUALITY_OVERFLOW", Int64(DSOTP_QUALITY_OVERFLOW)),
            ("DSOTP_QUALITY_OUT_OF_RANGE", Int64(DSOTP_QUALITY_OUT_OF_RANGE)),
            ("DSOTP_QUALITY_BAD_REFERENCE", Int64(DSOTP_QUALITY_BAD_REFERENCE)),
            ("DSOTP_QUALITY_OSCILLATORY", Int64(DSOTP_QUALITY_OSCILLATORY)),
            ("DSOTP_QUALITY_FAILURE", Int64(DSOTP_QUALITY_FAILURE)),
            ("DSOTP_QUALITY_OLD_DATA", Int64(DSOTP_QUALITY_OLD_DATA)),
            ("DSOTP_QUALITY_INCONSISTENT", Int64(DSOTP_QUALITY_INCONSISTENT)),
            ("DSOTP_QUALITY_INACCURATE", Int64(DSOTP_QUALITY_INACCURATE)),
            ("DSOTP_QUALITY_SUBSTITUTED", Int64(DSOTP_QUALITY_SUBSTITUTED)),
            ("DSOTP_QUALITY_TEST", Int64(DSOTP_QUALITY_TEST)),
            ("DSOTP_QUALITY_OPERATOR_BLOCKED", Int64(DSOTP_QUALITY_OPERATOR_BLOCKED)),
            ("DSOTP_QUALITY_CLOCK_NOT_SYNCHRONISED", Int64(DSOTP_QUALITY_CLOCK_NOT_SYNCHRONISED)),
            ("DSOTP_QUALITY_ESTIMATED", Int64(DSOTP_QUALITY_ESTIMATED)),
            ("DSOTP_OK", Int64(DSOTP_OK)),
            ("DSOTP_INVALID_ARGUMENT", Int64(DSOTP_INVALID_ARGUMENT)),
            ("DSOTP_INVALID_STATE", Int64(DSOTP_INVALID_STATE)),
            ("DSOTP_NOT_PERMITTED", Int64(DSOTP_NOT_PERMITTED)),
            ("DSOTP_VERSION_MISMATCH", Int64(DSOTP_VERSION_MISMATCH)),
            ("DSOTP_LIMIT_REACHED", Int64(DSOTP_LIMIT_REACHED)),
            ("DSOTP_TRY_AGAIN", Int64(DSOTP_TRY_AGAIN)),
            ("DSOTP_INPUT_OUTPUT", Int64(DSOTP_INPUT_OUTPUT)),
            ("DSOTP_TIMED_OUT", Int64(DSOTP_TIMED_OUT)),
            ("DSOTP_NOT_FOUND", Int64(DSOTP_NOT_FOUND)),
            ("DSOTP_UNSUPPORTED", Int64(DSOTP_UNSUPPORTED)),
            ("DSOTP_INVALID_CONFIGURATION", Int64(DSOTP_INVALID_CONFIGURATION)),
            ("DSOTP_WRONG_THREAD", Int64(DSOTP_WRONG_THREAD)),
            ("DSOTP_INTERNAL", Int64(DSOTP_INTERNAL)),
            ("DSOTP_ABI_MAJOR", Int64(DSOTP_ABI_MAJOR)),
            ("DSOTP_ABI_MINOR", Int64(DSOTP_ABI_MINOR)),
            ("DSOTP_ROLE_VIEWER", Int64(DSOTP_ROLE_VIEWER)),
            ("DSOTP_ROLE_OPERATOR", Int64(DSOTP_ROLE_OPERATOR)),
            ("DSOTP_ROLE_ENGINEER", Int64(DSOTP_ROLE_ENGINEER)),
            ("DSOTP_ROLE_ADMIN", Int64(DSOTP_ROLE_ADMIN)),
            ("DSOTP_LOG_TRACE", Int64(DSOTP_LOG_TRACE)),
            ("DSOTP_LOG_DEBUG", Int64(DSOTP_LOG_DEBUG)),
            ("DSOTP_LOG_INFO", Int64(DSOTP_LOG_INFO)),
            ("DSOTP_LOG_NOTICE", Int64(DSOTP_LOG_NOTICE)),
            ("DSOTP_LOG_WARNING", Int64(DSOTP_LOG_WARNING)),
            ("DSOTP_LOG_ERROR", Int64(DSOTP_LOG_ERROR)),
            ("DSOTP_METRIC_COUNTER", Int64(DSOTP_METRIC_COUNTER)),
            ("DSOTP_METRIC_GAUGE", Int64(DSOTP_METRIC_GAUGE)),
            ("DSOTP_METRIC_HISTOGRAM", Int64(DSOTP_METRIC_HISTOGRAM)),
            ("DSOTP_VALUE_FLOAT", Int64(DSOTP_VALUE_FLOAT)),
            ("DSOTP_VALUE_INTEGER", Int64(DSOTP_VALUE_INTEGER)),
            ("DSOTP_VALUE_BOOLEAN", Int64(DSOTP_VALUE_BOOLEAN)),
            ("DSOTP_VALUE_TEXT", Int64(DSOTP_VALUE_TEXT)),
        ]
        let texts: [(String, String)] = [
            ("DSOTP_EXT_CLOCK", DSOTP_EXT_CLOCK),
            ("DSOTP_EXT_CONFIG", DSOTP_EXT_CONFIG),
            ("DSOTP_EXT_DATABUS", DSOTP_EXT_DATABUS),
            ("DSOTP_EXT_HEALTH", DSOTP_EXT_HEALTH),
            ("DSOTP_EXT_HTTP", DSOTP_EXT_HTTP),
            ("DSOTP_EXT_KV", DSOTP_EXT_KV),
            ("DSOTP_EXT_LOG", DSOTP_EXT_LOG),
            ("DSOTP_EXT_METRICS", DSOTP_EXT_METRICS),
            ("DSOTP_EXT_STATE", DSOTP_EXT_STATE),
            ("DSOTP_EXT_TIMER", DSOTP_EXT_TIMER),
            ("DSOTP_EXT_TIMESERIES", DSOTP_EXT_TIMESERIES),
        ]
        for (name, value) in numbers { text += "\(name) \(value)\n" }
        for (name, value) in texts { text += "\(name) \(value)\n" }
    }
}
