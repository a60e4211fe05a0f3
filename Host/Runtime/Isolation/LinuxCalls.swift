internal import Glibc

/// Calls of Linux that Swift can't import because their C prototypes take variable arguments. They are looked up once; on the
/// machines that we run on, integers are passed to such functions as to any other. The same goes for
/// calls that its headers hide.
enum LinuxCalls {
    private typealias Prctl = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
    private typealias Syscall = @convention(c) (Int, Int, Int, Int, Int) -> Int

    private static let prctl: Prctl? = dlsym(nil, "prctl").map { unsafeBitCast($0, to: Prctl.self) }
    private static let syscall: Syscall? = dlsym(nil, "syscall").map { unsafeBitCast($0, to: Syscall.self) }

    private typealias CloseFrom = @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32
    private static let closeFrom: CloseFrom? = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np").map {
        unsafeBitCast($0, to: CloseFrom.self)
    }

    /// Has a process that is about to be started close all descriptors from `first` on (a call of GNU's library, since 2.34).
    static func closeFrom(_ first: Int32, _ actions: inout posix_spawn_file_actions_t) -> Bool {
        withUnsafeMutablePointer(to: &actions) { (closeFrom?($0, first) ?? -1) == 0 }
    }

    /// Asks the kernel to send `signal` to this process when the thread that started it ends (prctl(2), PR_SET_PDEATHSIG).
    @discardableResult
    static func dieWithParent(signal: Int32 = SIGKILL) -> Bool { (prctl?(1, UInt(signal), 0, 0, 0) ?? -1) == 0 }

    /// Sets an attribute of this process (prctl(2)); false if the kernel refuses.
    static func control(_ option: Int32, _ first: UInt, _ second: UInt = 0) -> Bool { (prctl?(option, first, second, 0, 0) ?? -1) == 0 }

    /// A descriptor that becomes readable when the process `pid` ends (pidfd_open(2), system call 434 on every machine), or -1.
    static func pidfd(of pid: pid_t) -> Int32 { Int32(truncatingIfNeeded: syscall?(434, Int(pid), 0, 0, 0) ?? -1) }
}
