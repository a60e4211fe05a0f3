internal import Glibc

/// What the kernel refuses a runner from before its service's library is loaded: signals to processes other than itself, leaving its
/// process group, and outliving the host. A service that tries gets EPERM and goes on; its neighbours and the host never hear of it.
///
/// It is a filter of system calls (seccomp(2)), which every process that the runner makes inherits. It contains mistakes; a library that
/// sets out to attack still has the host's user and its files.
enum Confinement {
    /// A statement of the classic Berkeley packet filter, as <linux/filter.h> has it.
    struct Statement {
        let code: UInt16
        let whenTrue: UInt8
        let whenFalse: UInt8
        let operand: UInt32
    }

    private struct Program {
        let count: UInt16
        let statements: UnsafePointer<Statement>?
    }

    /// Confines this process and all that it will make; false if the kernel does not offer it.
    static func begin() -> Bool {
        guard let calls = SystemCalls.ofThisMachine else { return false }
        let filter = filter(calls: calls, process: UInt32(bitPattern: getpid()))
        return filter.withUnsafeBufferPointer { filter in
            withUnsafePointer(to: Program(count: UInt16(filter.count), statements: filter.baseAddress)) { program in
                // PR_SET_NO_NEW_PRIVS, without which a process without privileges may set no filter; PR_SET_SECCOMP with a filter.
                LinuxCalls.control(38, 1) && LinuxCalls.control(22, 2, UInt(bitPattern: program))
            }
        }
    }

    /// The numbers of system calls on one machine (asm/unistd.h), and how its audit architecture is named.
    struct SystemCalls {
        let architecture: UInt32
        /// Those whose first argument is the process that a signal goes to.
        let signals: [UInt32]
        /// Those that a service of no kind needs: signals to a thread or a descriptor without its process, leaving the group, tracing.
        let forbidden: [UInt32]
        let processControl: UInt32

        static var ofThisMachine: SystemCalls? {
            #if arch(x86_64)
                // kill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo; tkill, pidfd_send_signal, setsid, setpgid, ptrace; prctl.
                SystemCalls(architecture: 0xC000_003E, signals: [62, 234, 129, 297], forbidden: [200, 424, 112, 109, 101], processControl: 157)
            #elseif arch(arm64)
                SystemCalls(architecture: 0xC000_00B7, signals: [129, 131, 138, 240], forbidden: [130, 424, 157, 154, 117], processControl: 167)
            #else
                nil
            #endif
        }
    }

    /// The filter for a process: `struct seccomp_data` has the call's number at 0, the architecture at 4, the arguments from 16 on, each
    /// of which the lower half of a little-endian machine comes first.
    static func filter(calls: SystemCalls, process: UInt32) -> [Statement] {
        let allow = Statement(code: 0x06, whenTrue: 0, whenFalse: 0, operand: 0x7FFF_0000)
        let refuse = Statement(code: 0x06, whenTrue: 0, whenFalse: 0, operand: 0x0005_0000 | UInt32(EPERM))
        func load(_ offset: UInt32) -> Statement { Statement(code: 0x20, whenTrue: 0, whenFalse: 0, operand: offset) }
        /// Skips `skip` statements unless what is loaded is `value`.
        func unless(_ value: UInt32, skip: UInt8) -> Statement { Statement(code: 0x15, whenTrue: 0, whenFalse: skip, operand: value) }
        func ifEqual(_ value: UInt32, skip: UInt8) -> Statement { Statement(code: 0x15, whenTrue: skip, whenFalse: 0, operand: value) }

        // A call by the numbers of another architecture is not looked at: such numbers mean other calls.
        var filter = [load(4), ifEqual(calls.architecture, skip: 1), allow, load(0)]
        for call in calls.forbidden { filter += [unless(call, skip: 1), refuse] }
        for call in calls.signals {
            // To itself, or by kill(0, …) and kill(-pid, …) to its own group.
            filter += [
                unless(call, skip: 6), load(16), ifEqual(process, skip: 3), ifEqual(0, skip: 2), ifEqual(0 &- process, skip: 1), refuse, allow,
            ]
        }
        // prctl(PR_SET_PDEATHSIG, …) with anything but SIGKILL, by which it would outlive the host.
        filter += [
            unless(calls.processControl, skip: 5), load(16), unless(1, skip: 3), load(24), ifEqual(UInt32(SIGKILL), skip: 1), refuse, allow,
        ]
        return filter
    }
}
