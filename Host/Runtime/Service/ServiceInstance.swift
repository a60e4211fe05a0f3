internal import CPluginAPI

/// One instance of a service as its thread drives it. An instance in this process calls a library's functions; one in another
/// process passes the same calls on. All functions are called on the service's own thread, never two at a time, unless said otherwise.
protocol ServiceInstance: AnyObject {
    /// Whether the service takes messages.
    var takesMessages: Bool { get }

    func create() throws(ServiceFault)
    func configure(validateOnly: Bool) throws(ServiceFault)
    func start() throws(ServiceFault)
    func process(_ batch: UnsafePointer<dsotp_message_batch>) throws(ServiceFault)
    func answer(_ request: UnsafePointer<dsotp_request>) throws(ServiceFault)
    func timer(_ timer: UInt64, now: Int64) throws(ServiceFault)
    func drain(deadline: Int64) throws(ServiceFault)
    func stop() throws(ServiceFault)
    func destroy()
    /// Tells what became of the service's commands.
    func outcomes(_ batch: UnsafePointer<dsotp_command_outcome_batch>) throws(ServiceFault)
    /// What the service says is not as it should be; `nil` if all is well or it has no opinion.
    func checkHealth() -> String?

    /// The versions of a state that the instance loads, of which it saves the last; `nil` if it does not offer `dsotp.state/1`. Known
    /// after `create`.
    var stateVersions: ClosedRange<UInt32>? { get }
    /// What the next instance needs; called after `drain` and before `stop`, if there are `stateVersions`.
    func saveState() throws(ServiceFault) -> SavedState
    /// Takes over what an instance before saved in one of the `stateVersions`; called after `configure` and before `start`.
    func loadState(_ state: SavedState) throws(ServiceFault)

    /// How the instance was lost, which every callback then reports; `nil` while there is one. After `destroy` it may be created
    /// again. Any thread may ask.
    var loss: RunnerEnd? { get }
    /// Where the backtrace of a loss may be.
    var backtrace: String? { get }
    /// A callback that may take `allowed` has taken `elapsed` (ns): an instance that can be ended from outside is. Called on the
    /// watchdog's thread.
    func overstayed(_ callback: Callback, allowed: Int64, elapsed: Int64)
}

extension ServiceInstance {
    func outcomes(_ batch: UnsafePointer<dsotp_command_outcome_batch>) throws(ServiceFault) {}
    var stateVersions: ClosedRange<UInt32>? { nil }
    func saveState() throws(ServiceFault) -> SavedState { SavedState(version: 0, bytes: []) }
    func loadState(_ state: SavedState) throws(ServiceFault) {}
    var loss: RunnerEnd? { nil }
    var backtrace: String? { nil }
    func overstayed(_ callback: Callback, allowed: Int64, elapsed: Int64) {}
}
