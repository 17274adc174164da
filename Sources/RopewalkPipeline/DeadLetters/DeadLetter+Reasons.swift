import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPlugins

extension DeadLetter {
  /// So that letters sort in the order in which messages were given up.
  private static let ids = OrderedIDs()

  /// A message that failed in a step.
  init(_ passage: Passage, in step: PlannedStep, _ error: LogicError, destinations: [String], failedAt: Timestamp) {
    self.init(passage.accepted, passage.message, destinations: destinations, stage: step.name, failedAt: failedAt)
    self.plugin = step.plugin
    self.pluginVersion = passage.accepted.replay?.versions[step.name] ?? step.pluginVersion
    self.code = error.code.name
    self.guestCode = error.guestCode
    self.message = error.message
    self.backtrace = error.backtrace
    self.attempts = passage.failures
  }

  /// A message that a destination did not take.
  init(_ delivery: Delivery, to node: PluginMetadata, _ error: ConnectionError, attempts: [Attempt], failedAt: Timestamp) {
    let destination = delivery.message.metadata.destination
    self.init(delivery.accepted, delivery.message, destinations: [destination], stage: Self.deliveryStage, failedAt: failedAt)
    self.plugin = node.id
    self.pluginVersion = node.version
    self.code = error.code.name
    self.message = error.message
    self.attempts = attempts
  }

  /// A message for a destination that the integration had when it was accepted.
  init(orphan accepted: AcceptedMessage, destination: String, failedAt: Timestamp) {
    // No step has seen it yet in this run, so a replay must not begin behind the steps.
    let stage = accepted.replay?.stage ?? Self.startStage
    self.init(accepted, accepted.original, destinations: [destination], stage: stage, failedAt: failedAt)
    isOfGoneDestinations()
  }

  /// A message that cannot begin its way.
  init(lost accepted: AcceptedMessage, destination: String, _ reason: LossReason, failedAt: Timestamp) {
    let stage = accepted.replay?.stage ?? Self.startStage
    self.init(accepted, accepted.original, destinations: [destination], stage: stage, failedAt: failedAt)
    switch reason {
    case .payloadLost(let words):
      self.code = ErrorCode.payloadLost.name
      (self.message, self.damage) = (words, words)
    case .replay(.stageUnknown(let stage)):
      self.code = ErrorCode.replayStageUnknown.name
      self.message = "the integration has no stage '\(stage)' on the way to '\(destination)'; replay the letter from the start"
    case .replay(.stepNotPassed(let step, let passed)):
      self.code = ErrorCode.replayStepNotPassed.name
      let way = passed.isEmpty ? "goes through no step" : "goes through \(passed.joined(separator: ", "))"
      let remedy = accepted.replay?.stage == nil ? "name a step of the integration" : "begin with the first step (--from-start)"
      self.message = "a version of the step '\(step)' was asked for, and the replay \(way); \(remedy)"
    }
  }

  private init(_ accepted: AcceptedMessage, _ message: Message, destinations: [String], stage: String, failedAt: Timestamp) {
    self.init(of: accepted.original, at: stage, destinations: destinations, id: Self.ids.next(), failedAt: failedAt)
    hasFailed(as: message)
    self.firstStage = accepted.replay?.stage
    self.replayOf = accepted.replay?.letterID
  }
}
