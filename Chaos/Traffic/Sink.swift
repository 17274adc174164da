import Logging
import NIOPosix
import RopewalkConnector
import RopewalkConnectors
import RopewalkCore
import Synchronization

/// The destinations `a` and `b`: they write down what arrives, refuse what asks for it, and are out of order now and then.
final class Sink: Sendable {
  /// The share of requests that are answered with 503.
  private static let outage = 0.02

  private let port: Int
  private let generator: Mutex<SeededGenerator>
  private let arrivals = Mutex<[String: [String: Int]]>(["a": [:], "b": [:]])
  private let damaged = Mutex<[String]>([])

  init(port: Int, seed: UInt64) {
    self.port = port
    self.generator = Mutex(SeededGenerator(seed: seed))
  }

  /// How often each message arrived, by destination.
  var deliveries: [String: [String: Int]] { arrivals.withLock { $0 } }
  /// What arrived otherwise than a sender made it, in plain words.
  var damages: [String] { damaged.withLock { $0 } }

  /// Serves until cancelled.
  func run(onReady: @Sendable () -> Void) async throws {
    let connectors = BuiltInConnectors(group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "chaos"))
    try await withThrowingDiscardingTaskGroup { group in
      for destination in ["a", "b"] {
        guard let connector = connectors.make(type: "http-webhook", role: .incoming) else {
          throw Failure("there is no http-webhook connector")
        }
        let settings: JSONObject = ["listen": .string("127.0.0.1:\(port)"), "endpoint": .string("/\(destination)")]
        try await connector.connect(ConnectionConfiguration(name: destination, type: "http-webhook", settings: settings))
        group.addTask {
          try await connector.receive(into: Inbox { self.take($0, at: destination) })
        }
      }
      onReady()
    }
  }

  private func take(_ message: Message, at destination: String) -> Acceptance {
    let isOut = generator.withLock { Double.random(in: 0..<1, using: &$0) < Self.outage }
    if isOut { return .refused(Refusal(.unavailable, "out of order", retryAfter: .zero)) }
    guard let payload = Payload(message.payload) else {
      damaged.withLock { $0.append("\(destination) got \(message.payload.count) bytes as \(message.id), which no sender made") }
      return .refused(Refusal(.invalid, "not a message of the senders"))
    }
    if destination == "b", payload.fate == .refuse { return .refused(Refusal(.invalid, "refused, as asked")) }
    arrivals.withLock { $0[destination, default: [:]][payload.id, default: 0] += 1 }
    return .accepted
  }
}
