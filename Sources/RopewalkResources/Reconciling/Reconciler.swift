package import RopewalkCore

/// The controller contract: makes what is declared so. Implementations are embedded in the process, or in WASM.
///
/// A reconciler is level-based: it looks at how things are, not at what happened, and doing it twice is doing it once.
package protocol Reconciler: Sendable {
  var name: String { get }
  /// The kinds whose objects it reconciles.
  var kinds: [ResourceCollection] { get }

  var configuration: JSONObject { get async }
  /// - Throws: what is wrong with the configuration; the one before stays.
  func configure(_ configuration: JSONObject) async throws

  func start() async throws
  func stop() async

  /// Looks at one object and does what is missing. Called for one key at a time, never twice at once for the same.
  func reconcile(_ request: ReconcileRequest) async throws -> ReconcileResult

  func metrics() async -> [String: Double]
  func health() async -> ReconcilerHealth
}

package struct ReconcileRequest: Sendable, Hashable {
  package var key: ResourceKey

  package init(_ key: ResourceKey) {
    self.key = key
  }
}

package enum ReconcileResult: Sendable, Hashable {
  /// Nothing to do until something changes.
  case done
  /// To be asked again, as after a failure but without being one.
  case again
  case after(Duration)
}

package enum ReconcilerHealth: Sendable, Hashable {
  case healthy
  case unhealthy(reason: String)
}
