import RopewalkCore

/// A write on its way in, as admission steps see it.
package struct AdmissionRequest: Sendable {
  package enum Operation: String, Sendable { case create = "CREATE", update = "UPDATE", delete = "DELETE" }

  package var operation: Operation
  package var type: ResourceType
  package var key: ResourceKey
  package var part: ResourcePart
  /// What is to be written, with the defaults of the schema; for a deletion, what is to go.
  package var object: Resource
  /// Nil for a creation.
  package var old: Resource?
  package var subject: Subject
  package var isDryRun: Bool
}

/// Somebody who has a say in writes: sets defaults, or refuses. Controllers plug in here.
package struct AdmissionStep: Sendable {
  package enum FailurePolicy: String, Sendable {
    /// A write that the step gives no answer to is refused.
    case fail = "Fail"
    /// It goes through as if the step were not there.
    case ignore = "Ignore"
  }

  /// One step of a name; adding another of the same name replaces it.
  package var name: String
  package var operations: Set<AdmissionRequest.Operation>
  /// Of those, the writes that it has a say in; nil for all.
  package var isConcerned: (@Sendable (AdmissionRequest) -> Bool)?
  /// How long it may take until it is cancelled; the answer comes when the step has heeded that. Default 10 seconds.
  package var timeLimit: Duration
  package var failurePolicy: FailurePolicy
  /// Returns the object with what it sets. Only the fields beside the envelope, and labels and annotations, may change.
  package var setDefaults: (@Sendable (AdmissionRequest) async throws -> Resource)?
  /// Returns what is wrong; nothing lets the write through. Also for deletions, where the operation is among `operations`.
  package var validate: (@Sendable (AdmissionRequest) async throws -> [InvalidField])?

  package init(
    name: String,
    operations: Set<AdmissionRequest.Operation> = [.create, .update],
    timeLimit: Duration = .seconds(10),
    failurePolicy: FailurePolicy = .fail,
    setDefaults: (@Sendable (AdmissionRequest) async throws -> Resource)? = nil,
    validate: (@Sendable (AdmissionRequest) async throws -> [InvalidField])? = nil
  ) {
    self.name = name
    self.operations = operations
    self.timeLimit = timeLimit
    self.failurePolicy = failurePolicy
    self.setDefaults = setDefaults
    self.validate = validate
  }

  func concerns(_ request: AdmissionRequest) -> Bool {
    operations.contains(request.operation) && isConcerned?(request) ?? true
  }
}
