import Logging
import NIOPosix
import RopewalkConnector
import RopewalkConnectors
import RopewalkCore
import Synchronization

/// Customers who post messages until they are told to stop, and write down what was accepted. What fails is sent again
/// with the same `Idempotency-Key`, as a sender must whose answer was lost.
final class Senders: Sendable {
  private let url: String
  private let customers: Int
  private let sendersPerCustomer: Int
  private let pace: Duration
  private let fates: Set<Fate>
  private let seed: UInt64
  private let isStopped = Atomic(false)
  private let accepted = Mutex<[String: Payload]>([:])
  private let failures = Atomic(0)

  /// - Parameters:
  ///   - pace: what a sender waits after a message that was accepted.
  ///   - fates: what the destinations can do to a message.
  init(url: String, customers: Int, sendersPerCustomer: Int, pace: Duration, fates: Set<Fate>, seed: UInt64) {
    self.url = url
    self.customers = customers
    self.sendersPerCustomer = sendersPerCustomer
    self.pace = pace
    self.fates = fates
    self.seed = seed
  }

  /// Every message that was answered with 202, by its id.
  var acceptedMessages: [String: Payload] { accepted.withLock { $0 } }
  /// Requests that were not answered, or not with 2xx.
  var failedRequests: Int { failures.load(ordering: .relaxed) }

  /// Every sender ends once its message at hand is accepted.
  func stop() {
    isStopped.store(true, ordering: .relaxed)
  }

  func run() async throws {
    try await withThrowingDiscardingTaskGroup { group in
      for customer in 0..<customers {
        let connector = try await connect(customer: "c\(customer)")
        for sender in 0..<sendersPerCustomer {
          let place = customer * sendersPerCustomer + sender
          group.addTask { try await self.send("c\(customer)-\(sender)", through: connector, seed: self.seed &+ UInt64(place)) }
        }
      }
    }
  }

  private func connect(customer: String) async throws -> any ConnectionNode {
    let connectors = BuiltInConnectors(group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "chaos"))
    guard let connector = connectors.make(type: "http", role: .outgoing) else { throw Failure("there is no http connector") }
    let settings: JSONObject = [
      "url": .string(url), "headers": ["X-Customer-ID": .string(customer)], "timeout": "10s", "maxConnections": 64,
    ]
    try await connector.connect(ConnectionConfiguration(name: customer, type: "http", settings: settings))
    return connector
  }

  private func send(_ prefix: String, through connector: any ConnectionNode, seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    var number = 0
    while !isStopped.load(ordering: .relaxed) {
      let id = "\(prefix)-\(number)"
      let chosen = Fate.random(using: &generator)
      let payload = Payload.random(id: id, fate: fates.contains(chosen) ? chosen : .deliver, using: &generator)
      try await post(Message(id: id, payload: payload.bytes, contentType: "application/json"), through: connector)
      accepted.withLock { $0[id] = payload }
      number += 1
      try await Task.sleep(for: pace)
    }
  }

  private func post(_ message: Message, through connector: any ConnectionNode) async throws {
    while true {
      do throws(ConnectionError) {
        return try await connector.send(message)
      } catch {
        failures.add(1, ordering: .relaxed)
        guard error.recoverable else { throw Failure("\(message.id) was refused: \(error)") }
      }
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}

/// Why a run of chaos could not go on, or what it found.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
