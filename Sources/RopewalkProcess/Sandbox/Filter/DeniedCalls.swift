import Glibc

/// A system call that no sandboxed process gets, with its number on each architecture, nil where there is none.
struct DeniedCall: Sendable {
  var name: String
  var x86: UInt32?
  var arm: UInt32?
  /// What the call fails with. ENOSYS where programs then try another way.
  var failure = UInt32(EPERM)
}

extension DeniedCall {
  /// What would look into other processes, change what the file system looks like, make namespaces, change the kernel, or
  /// reach into parts of it that a connector has no use for and in which holes were found before.
  ///
  /// Docker's default profile was the start; the reasons stand in `docs/guide/connector-sandbox.md`.
  static let all: [DeniedCall] = [
    // Other processes.
    DeniedCall(name: "ptrace", x86: 101, arm: 117),
    DeniedCall(name: "process_vm_readv", x86: 310, arm: 270),
    DeniedCall(name: "process_vm_writev", x86: 311, arm: 271),
    DeniedCall(name: "process_madvise", x86: 440, arm: 440),
    DeniedCall(name: "pidfd_getfd", x86: 438, arm: 438),
    DeniedCall(name: "kcmp", x86: 312, arm: 272),
    // The file system's shape.
    DeniedCall(name: "mount", x86: 165, arm: 40),
    DeniedCall(name: "umount2", x86: 166, arm: 39),
    DeniedCall(name: "pivot_root", x86: 155, arm: 41),
    DeniedCall(name: "chroot", x86: 161, arm: 51),
    DeniedCall(name: "open_tree", x86: 428, arm: 428),
    DeniedCall(name: "move_mount", x86: 429, arm: 429),
    DeniedCall(name: "fsopen", x86: 430, arm: 430),
    DeniedCall(name: "fsconfig", x86: 431, arm: 431),
    DeniedCall(name: "fsmount", x86: 432, arm: 432),
    DeniedCall(name: "fspick", x86: 433, arm: 433),
    DeniedCall(name: "mount_setattr", x86: 442, arm: 442),
    DeniedCall(name: "statmount", x86: 457, arm: 457),
    DeniedCall(name: "listmount", x86: 458, arm: 458),
    DeniedCall(name: "open_tree_attr", x86: 467, arm: 467),
    DeniedCall(name: "name_to_handle_at", x86: 303, arm: 264),
    DeniedCall(name: "open_by_handle_at", x86: 304, arm: 265),
    DeniedCall(name: "fanotify_init", x86: 300, arm: 262),
    DeniedCall(name: "fanotify_mark", x86: 301, arm: 263),
    DeniedCall(name: "quotactl", x86: 179, arm: 60),
    DeniedCall(name: "quotactl_fd", x86: 443, arm: 443),
    DeniedCall(name: "swapon", x86: 167, arm: 224),
    DeniedCall(name: "swapoff", x86: 168, arm: 225),
    // Namespaces. `clone` is looked into; `clone3` cannot be, and the C libraries fall back to `clone`.
    DeniedCall(name: "unshare", x86: 272, arm: 97),
    DeniedCall(name: "setns", x86: 308, arm: 268),
    DeniedCall(name: "clone3", x86: 435, arm: 435, failure: UInt32(ENOSYS)),
    // The kernel itself.
    DeniedCall(name: "bpf", x86: 321, arm: 280),
    DeniedCall(name: "perf_event_open", x86: 298, arm: 241),
    DeniedCall(name: "userfaultfd", x86: 323, arm: 282),
    DeniedCall(name: "io_uring_setup", x86: 425, arm: 425, failure: UInt32(ENOSYS)),
    DeniedCall(name: "io_uring_enter", x86: 426, arm: 426, failure: UInt32(ENOSYS)),
    DeniedCall(name: "io_uring_register", x86: 427, arm: 427, failure: UInt32(ENOSYS)),
    DeniedCall(name: "kexec_load", x86: 246, arm: 104),
    DeniedCall(name: "kexec_file_load", x86: 320, arm: 294),
    DeniedCall(name: "init_module", x86: 175, arm: 105),
    DeniedCall(name: "finit_module", x86: 313, arm: 273),
    DeniedCall(name: "delete_module", x86: 176, arm: 106),
    DeniedCall(name: "reboot", x86: 169, arm: 142),
    DeniedCall(name: "acct", x86: 163, arm: 89),
    DeniedCall(name: "syslog", x86: 103, arm: 116),
    DeniedCall(name: "lookup_dcookie", x86: 212, arm: 18),
    DeniedCall(name: "nfsservctl", x86: 180, arm: 42, failure: UInt32(ENOSYS)),
    DeniedCall(name: "vhangup", x86: 153, arm: 58),
    DeniedCall(name: "iopl", x86: 172, arm: nil),
    DeniedCall(name: "ioperm", x86: 173, arm: nil),
    DeniedCall(name: "modify_ldt", x86: 154, arm: nil),
    DeniedCall(name: "uselib", x86: 134, arm: nil),
    DeniedCall(name: "ustat", x86: 136, arm: nil),
    DeniedCall(name: "sysfs", x86: 139, arm: nil),
    DeniedCall(name: "_sysctl", x86: 156, arm: nil, failure: UInt32(ENOSYS)),
    // Keys of the kernel, which are not kept apart by namespaces.
    DeniedCall(name: "add_key", x86: 248, arm: 217),
    DeniedCall(name: "request_key", x86: 249, arm: 218),
    DeniedCall(name: "keyctl", x86: 250, arm: 219),
    // Where memory lies, and memory that no limit counts.
    DeniedCall(name: "mbind", x86: 237, arm: 235),
    DeniedCall(name: "set_mempolicy", x86: 238, arm: 237),
    DeniedCall(name: "set_mempolicy_home_node", x86: 450, arm: 450),
    DeniedCall(name: "migrate_pages", x86: 256, arm: 238),
    DeniedCall(name: "move_pages", x86: 279, arm: 239),
    DeniedCall(name: "memfd_secret", x86: 447, arm: 447, failure: UInt32(ENOSYS)),
    DeniedCall(name: "remap_file_pages", x86: 216, arm: 234),
  ]
}
