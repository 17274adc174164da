package import RopewalkCore

extension ErrorCode {
  /// One message took longer than the step's `timeout`.
  package static let stepTimeout = ErrorCode("step.timeout", .timeout)
  /// The guest needed more than the step's `memoryLimit`.
  package static let stepMemoryLimit = ErrorCode("step.memory-limit", .rejected)
  /// The guest broke.
  package static let stepTrap = ErrorCode("step.trap", .fault)
  /// What the guest answered is larger than the step's `maxOutputSize`.
  package static let stepOutputTooLarge = ErrorCode("step.output-too-large", .rejected)
  /// The guest looked at the message and failed it.
  package static let stepRejected = ErrorCode("step.rejected", .rejected)
  /// The guest named memory that it does not have.
  package static let stepBadPointer = ErrorCode("step.bad-pointer", .fault)
  /// The guest needed what the step was not granted.
  package static let stepDenied = ErrorCode("step.denied", .denied)
  /// The guest called itself too deeply.
  package static let stepStackOverflow = ErrorCode("step.stack-overflow", .fault)
  /// Every instance is busy, and too many messages wait for one.
  package static let stepInstancesExhausted = ErrorCode("step.instances-exhausted", .overloaded)
  /// An instance could not be made or called.
  package static let stepUnavailable = ErrorCode("step.unavailable", .unavailable)
  /// The message was abandoned while the step had it.
  package static let stepCancelled = ErrorCode("step.cancelled", .unavailable)
}
