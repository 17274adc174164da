/// What a controller does; docs/controller-abi.md has the contract. The program declares its own once:
/// `typealias ControllerType = Items`.
protocol Controller {
  /// `{"name", "version", "kinds", "capabilities"}`
  static var metadata: JSON { get }

  static func initialize(_ settings: JSON) throws(Rejection)

  /// Nothing, `{"requeue": true}`, or `{"requeueAfter": "5m"}`.
  static func reconcile(_ reference: JSON) throws(Rejection) -> JSON

  /// `{"object"}` with what it sets, or nothing.
  static func setDefaults(_ request: JSON) throws(Rejection) -> JSON

  /// Nothing lets the write through; ``JSON/refusal(_:)`` does not. `request["oldObject"]` is there for an update.
  static func validate(_ request: JSON) throws(Rejection) -> JSON

  static func shutdown()
}

extension Controller {
  static func initialize(_ settings: JSON) throws(Rejection) {}
  static func reconcile(_ reference: JSON) throws(Rejection) -> JSON { .null }
  static func setDefaults(_ request: JSON) throws(Rejection) -> JSON { .null }
  static func validate(_ request: JSON) throws(Rejection) -> JSON { .null }
  static func shutdown() {}
}

extension JSON {
  /// Refuses a write for these reasons.
  static func refusal(_ causes: [(field: String, message: String)]) -> JSON {
    .object([("causes", .array(causes.map { .object([("field", .string($0.field)), ("message", .string($0.message))]) }))])
  }
}
