package import RopewalkConnector
package import RopewalkCore
import Synchronization

/// One connection that a process is to serve, for as long as somebody wants it.
final class Attachment: Sendable {
  let configuration: ConnectionConfiguration
  let grants: ConnectorGrants
  let reservedHeaders: Set<String>
  /// Where an incoming connection has come to; nil for an outgoing one.
  let positions: PositionKeeper?
  let slot = ConnectionSlot()
  /// Rung when the connection is to be closed, or opened anew.
  let bell = Bell()

  private struct State {
    var isWanted = true
    /// How often it was asked to be opened anew.
    var reopenings = 0
    var judge: ConnectorProgram.Fingerprint?
  }

  private let state: Mutex<State>
  private let used = Atomic(false)

  init(
    configuration: ConnectionConfiguration,
    grants: ConnectorGrants,
    reservedHeaders: Set<String> = [],
    judge: ConnectorProgram.Fingerprint?,
    positions: PositionKeeper? = nil
  ) {
    self.configuration = configuration
    self.grants = grants
    self.reservedHeaders = reservedHeaders
    self.positions = positions
    state = Mutex(State(judge: judge))
    slot.set(.coming)
  }

  var isWanted: Bool { state.withLock(\.isWanted) }
  var reopenings: Int { state.withLock(\.reopenings) }

  /// The program that has found the configuration in order last.
  var judge: ConnectorProgram.Fingerprint? {
    get { state.withLock(\.judge) }
    set { state.withLock { $0.judge = newValue } }
  }

  func close() {
    state.withLock { $0.isWanted = false }
    bell.ring()
  }

  /// The connection no longer works, although its process may.
  /// - Parameter generation: of the slot, when the failure was seen with it; a later one is another connection.
  func reopen(generation: Int? = nil) {
    guard generation == nil || slot.current.generation == generation else { return }
    slot.set(.coming)
    state.withLock { $0.reopenings += 1 }
    bell.ring()
  }

  /// A message has been moved. Called for each.
  func wasUsed() {
    if !used.load(ordering: .relaxed) { used.store(true, ordering: .relaxed) }
  }

  /// Whether a message has been moved since the last call.
  func takeUse() -> Bool { used.exchange(false, ordering: .relaxed) }
}

/// What the host does for one connection of a connector.
package struct ConnectorGrants: Sendable {
  /// The names that the connector may ask for.
  package var secrets: Set<String>
  /// Looks one of them up; nil when there is none.
  package var secret: @Sendable (String) async throws -> Secret?
  /// Keeps what it records.
  package var recordMetric: @Sendable (HostServices.Metric) -> Void = { _ in }

  package init(secrets: Set<String> = [], secret: @escaping @Sendable (String) async throws -> Secret? = { _ in nil }) {
    self.secrets = secrets
    self.secret = secret
  }
}
