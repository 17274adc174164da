import RopewalkCore
import RopewalkPipeline
import RopewalkPlugins
import RopewalkResources

/// What one customer has of its own in one integration.
struct DeclaredCustomer: Sendable {
  var terms = CustomerTerms()
  /// The integration's `spec` as it is for the customer, references not filled in; nil when its steps are everyone's.
  var spec: JSONObject?
  /// The same, read.
  var integration: Integration?
  var secrets: [String: Secret] = [:]
  /// Why the customer cannot be served as is declared; its messages are refused meanwhile.
  var problem: String?
}

extension DeclaredCustomer: Equatable {
  static func == (left: DeclaredCustomer, right: DeclaredCustomer) -> Bool {
    left.terms == right.terms && left.spec == right.spec && left.secrets == right.secrets && left.problem == right.problem
  }
}

/// Stands for the steps of a customer that cannot be made: what was accepted before goes to the dead letters, where it
/// can be replayed once they are mended.
struct BrokenStep: LogicNode {
  let reason: String

  func process(_ message: Message) async throws(LogicError) -> LogicOutcome { throw LogicError(.customerStepBroken, reason) }
}

extension ErrorCode {
  /// What a `Customer` object says of a step cannot be made.
  static let customerStepBroken = ErrorCode("customer.step.broken", .invalid)
}
