package import Logging
import RopewalkCore
package import RopewalkResources
import Synchronization

/// Writes down what a controller has to say about objects, as often as is of use.
///
/// An event is a courtesy: that one could not be written is logged and nothing else.
package final class ControllerEvents: Sendable {
  private let recorder: EventRecorder
  private let stopwatch: Stopwatch
  private let logger: Logger
  private let pace = Mutex(EventPace())

  /// - Parameter controller: its name.
  package convenience init(client: any ResourceClient, controller: String, logger: Logger) {
    self.init(client: client, controller: controller, stopwatch: Stopwatch(), logger: logger)
  }

  init(client: any ResourceClient, controller: String, stopwatch: Stopwatch, logger: Logger) {
    self.recorder = EventRecorder(client, component: controller)
    self.stopwatch = stopwatch
    self.logger = logger
  }

  /// Records that something happened to an object.
  /// - Parameter reason: one word for programs, such as `Started`.
  package func record(
    _ severity: EventRecorder.Severity,
    reason: String,
    _ message: String,
    about object: Resource,
    at key: ResourceKey
  ) async {
    let subject = EventPace.Subject(key: key, reason: reason, message: message)
    let now = stopwatch.elapsed
    guard pace.withLock({ $0.allows(subject, at: now) }) else { return }
    do {
      try await recorder.record(severity, reason: reason, message: message, about: object)
    } catch {
      logger.debug("An event could not be written", metadata: ["ropewalk.reason": "\(reason)", "error": "\(error)"])
    }
  }
}
