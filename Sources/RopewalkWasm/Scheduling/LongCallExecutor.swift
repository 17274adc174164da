import DequeModule
import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Runs what is left of guests' calls after their first slice, on threads of its own.
///
/// The threads that run everything else of the process are as few as the processors. A guest that computes for long would
/// hold one of them slice after slice, and connectors, delivery and other customers' short calls would wait behind it.
/// These threads have a lower priority with the system, so that who is quick goes first.
final class LongCallExecutor: TaskExecutor {
  private struct State {
    var jobs: Deque<UnownedJob> = []
    var isStopped = false
  }

  private final class Queue: Sendable {
    let state = Mutex(State())
    let arrivals = DispatchSemaphore(value: 0)
  }

  /// The niceness of the threads. Default 5.
  private static let niceness: CInt = 5

  private let queue = Queue()
  private let threads: Int

  /// Starts the threads; dropping the executor ends them.
  init(threads: Int) {
    self.threads = threads
    for _ in 0..<threads { startThread() }
  }

  deinit {
    queue.state.withLock { $0.isStopped = true }
    for _ in 0..<threads { queue.arrivals.signal() }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.state.withLock { $0.jobs.append(job) }
    queue.arrivals.signal()
  }

  private func startThread() {
    let executor = asUnownedTaskExecutor()
    let queue = queue
    Thread.start {
      // A failure leaves the thread at the usual priority, which is no harm.
      #if canImport(Glibc)
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness)
      #endif
      while true {
        queue.arrivals.wait()
        let (job, isStopped) = queue.state.withLock { ($0.jobs.popFirst(), $0.isStopped) }
        guard let job else {
          if isStopped { return }
          continue
        }
        job.runSynchronously(on: executor)
      }
    }
  }
}

/// A detached thread of the system.
enum Thread {
  private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
      self.run = run
    }
  }

  /// Runs `body` on a new thread.
  /// - Precondition: the system has a thread left.
  static func start(_ body: @escaping @Sendable () -> Void) {
    #if canImport(Glibc)
      var thread = pthread_t()
    #else
      var thread: pthread_t?
    #endif
    let code = pthread_create(
      &thread,
      nil,
      { argument in
        pthread_detach(pthread_self())
        Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
        return nil
      },
      Unmanaged.passRetained(Body(body)).toOpaque()
    )
    precondition(code == 0, "the system has no thread left")
  }
}
