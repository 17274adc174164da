import CGoPluginLauncher
import Glibc
import Synchronization

/// The thread that starts plugins, sees them end and reaps them.
///
/// It is one, and lives as long as this process, because the kernel ends a child that asked to die with its parent when
/// the *thread* that started it is gone; and a thread that comes and goes takes its plugins along.
final class ProcessKeeper: Sendable {
  /// Fails when no descriptor is left for its pipe.
  static let shared = Result { try ProcessKeeper() }

  private enum Request: Sendable {
    case launch(Launch, CheckedContinuation<Result<PluginProcess, ErrorNumber>, Never>)
    case watch(PluginProcess, descriptor: Int32)
    case forget(PluginProcess)
  }

  private let requests = Mutex<[Request]>([])
  /// A byte in here says that there are requests.
  private let wakeUp: Pipe

  private init() throws(GoPluginError) {
    wakeUp = try Pipe()
    var thread = pthread_t()
    let keeper = Unmanaged.passRetained(self).toOpaque()
    pthread_create(
      &thread,
      nil,
      { keeper in
        guard let keeper else { return nil }
        Unmanaged<ProcessKeeper>.fromOpaque(keeper).takeUnretainedValue().run()
        return nil
      },
      keeper
    )
    pthread_detach(thread)
  }

  /// Starts a child of this process. Throws the `errno` of what failed.
  func launch(_ launch: Launch) async throws(ErrorNumber) -> PluginProcess {
    try await withCheckedContinuation { submit(.launch(launch, $0)) }.get()
  }

  /// Takes a process that is not a child of this one under watch. Throws ESRCH when none has that number.
  func watch(pid: Int32) throws(ErrorNumber) -> PluginProcess {
    let descriptor = goplugin_pidfd_open(pid)
    guard descriptor >= 0 else { throw ErrorNumber(-descriptor) }
    let process = PluginProcess(pid: pid, descriptor: descriptor)
    submit(.watch(process, descriptor: descriptor))
    return process
  }

  /// Ends the watch over a process that lives on. It counts as over for who still waits for it.
  func forget(_ process: PluginProcess) {
    submit(.forget(process))
  }

  private func submit(_ request: Request) {
    requests.withLock { $0.append(request) }
    var byte: UInt8 = 0
    _ = write(wakeUp.writing, &byte, 1)
  }

  private func run() {
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, nil)
    var watched: [Int32: PluginProcess] = [:]
    while true {
      var polled = [pollfd(fd: wakeUp.reading, events: Int16(POLLIN), revents: 0)]
      polled += watched.keys.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
      for entry in polled.dropFirst() where entry.revents != 0 {
        guard let process = watched.removeValue(forKey: entry.fd) else { continue }
        process.ended(Self.reap(process, descriptor: entry.fd))
      }
      if polled[0].revents != 0 { serve(&watched) }
    }
  }

  private func serve(_ watched: inout [Int32: PluginProcess]) {
    var bytes = [UInt8](repeating: 0, count: 64)
    _ = read(wakeUp.reading, &bytes, bytes.count)
    let pending = requests.withLock { requests in
      defer { requests = [] }
      return requests
    }
    for request in pending {
      switch request {
      case .watch(let process, let descriptor):
        watched[descriptor] = process
      case .forget(let process):
        guard let descriptor = watched.first(where: { $0.value === process })?.key else { break }
        watched[descriptor] = nil
        process.ended(.unknown)
      case .launch(let launch, let continuation):
        let started = launch.start().map { child in
          let process = PluginProcess(pid: child.pid, descriptor: child.pidfd)
          watched[child.pidfd] = process
          return process
        }
        continuation.resume(returning: started)
      }
    }
  }

  private static func reap(_ process: PluginProcess, descriptor: Int32) -> ExitStatus {
    var how = goplugin_exit(signalled: false, code: 0)
    guard goplugin_reap(goplugin_child(pid: process.pid, pidfd: descriptor), &how) == 0 else { return .unknown }
    return how.signalled ? .signalled(Int(how.code)) : .exited(code: Int(how.code))
  }
}
