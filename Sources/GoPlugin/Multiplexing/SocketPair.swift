import Glibc

/// Two sockets that are connected to each other. Both belong to whoever makes the pair.
struct SocketPair {
  let first: Int32
  let second: Int32

  init() throws(GoPluginError) {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw GoPluginError(
        .systemCallFailed,
        "no sockets for a connection to the plugin: \(ErrorNumber(errno)); raise the limit on open files"
      )
    }
    (first, second) = (ends[0], ends[1])
  }
}
