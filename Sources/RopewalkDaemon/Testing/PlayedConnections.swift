import RopewalkConnector
import RopewalkConnectors
import RopewalkCore
import RopewalkResources
import Synchronization

/// An incoming connection that has one message, the test case's.
final class PlayedSource: ConnectionNode {
  let metadata = PluginMetadata(id: "test-source", name: "test-source", supportedTypes: [], description: "Plays a test case's input.")
  private let message: Message
  private let clock: VirtualClock
  private let answer = Mutex<Acceptance?>(nil)

  /// What the pipeline said to the message; nil before it was asked.
  var acceptance: Acceptance? { answer.withLock(\.self) }

  init(_ input: TestInput, rule: CustomerRule, clock: VirtualClock) {
    var headers = input.headers
    if let customer = input.customer {
      switch rule {
      case .header(let name): headers[name] = customer
      case .path(let name): headers["ropewalk-path-\(name)"] = customer
      case .fixed: break
      }
    }
    self.message = Message(
      id: input.id ?? MessageID.next(),
      payload: input.payload,
      contentType: input.contentType,
      headers: headers,
      timestamp: clock.epoch
    )
    self.clock = clock
  }

  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] { [] }
  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {}
  func disconnect() async {}

  func receive(into inbox: Inbox) async throws(ConnectionError) {
    clock.beginWork()
    defer { clock.endWork() }
    let acceptance = await inbox.accept(message)
    answer.withLock { $0 = acceptance }
  }
}

/// An incoming connection of the integration that the test case does not use.
struct SilentSource: ConnectionNode {
  let metadata = PluginMetadata(id: "silent-source", name: "silent-source", supportedTypes: [], description: "Has no messages.")

  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] { [] }
  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {}
  func disconnect() async {}
  func receive(into inbox: Inbox) async throws(ConnectionError) {}
}

/// A destination that answers in turn what the test case says, the last answer from then on.
final class PlayedDestination: ConnectionNode {
  let metadata = PluginMetadata(
    id: "test-destination",
    name: "test-destination",
    supportedTypes: [],
    description: "Plays what a destination answers."
  )
  private let answers: [DestinationMock.Answer]
  private let turn = Atomic(0)

  init(_ answers: [DestinationMock.Answer]) {
    self.answers = answers
  }

  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] { [] }
  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {}
  func disconnect() async {}

  func send(_ message: Message) async throws(ConnectionError) {
    let turn = turn.wrappingAdd(1, ordering: .relaxed).oldValue
    switch answers[min(turn, answers.count - 1)] {
    case .accept: return
    case .status(let status, let retryAfter):
      if let error = HTTPAnswerMapping.error(status: status, message: "the test case answers \(status)", retryAfter: retryAfter) {
        throw error
      }
    case .failure(let code, let message, let recoverable, let retryAfter):
      throw ConnectionError(ConnectionError.Code(name: code), message, recoverable: recoverable, retryAfter: retryAfter)
    }
  }
}
