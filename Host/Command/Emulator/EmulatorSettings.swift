/// What `dsotp emulate pmu` publishes, and where.
struct EmulatorSettings: Sendable {
    var devices = 10
    /// Frames a second of each device; frames are aligned to whole multiples of the interval, as GPS-synchronised PMUs do.
    var framesPerSecond = 50.0
    /// Frames of each device after which it ends; `nil`: never.
    var frames: Int?
    var host = "127.0.0.1"
    var port = 1883
    var user = "admin"
    var password = "admin"
    var qos: UInt8 = 0
    /// `{device}` stands for the device's name.
    var topic = "/pmu/{device}"
    var seed: UInt64 = 1
}
