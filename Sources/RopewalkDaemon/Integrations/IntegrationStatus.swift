import RopewalkControllers
import RopewalkCore
import RopewalkJournal
import RopewalkResources

/// How an integration is, as its `status` says.
struct IntegrationStatus {
  enum Phase: String {
    case pending = "Pending"
    case running = "Running"
    case draining = "Draining"
    case failed = "Failed"
  }

  /// What went wrong last.
  struct Failure: Equatable {
    var code: String
    var message: String
  }

  var phase: Phase
  /// Takes messages.
  var ready: Condition
  /// Runs otherwise than declared, or less well than it should.
  var degraded: Condition
  /// Something is being done about it.
  var progressing: Condition
  /// Its connectors in processes of their own are held by all of their sandbox; nil where none has one, or none runs.
  var sandboxed: Condition?
  /// Of the object that this is about.
  var generation: Int
  /// Of the version that runs; nil when none does.
  var runningGeneration: Int?
  /// The declaration that runs, kept while a later one cannot.
  var lastWorking: JSON?
  /// From the journal, over all customers; nil leaves what was said before.
  var messages: LedgerEntry?
  /// Nil leaves what was said before.
  var failure: Failure?

  static let ready = "Ready"
  static let degraded = "Degraded"
  static let progressing = "Progressing"
  static let sandboxed = "Sandboxed"
  /// The longest message of a condition.
  static let maxMessage = 4096

  /// The status to write over another; equal to it when nothing is new.
  func json(over old: JSONObject, at time: Timestamp) -> JSONObject {
    var status = old
    status["observedGeneration"] = .number(JSONNumber(generation))
    status["phase"] = .string(phase.rawValue)
    status["runningGeneration"] = runningGeneration.map { .number(JSONNumber($0)) }
    status["lastWorking"] = lastWorking
    let conditions = [ready, degraded, progressing, sandboxed].compactMap(\.self).map { condition in
      var condition = condition
      condition.message = String(condition.message.prefix(Self.maxMessage))
      return condition
    }
    if sandboxed == nil { status.removeCondition(Self.sandboxed) }
    status.set(conditions, observedGeneration: generation, at: time)
    if let messages { status["messages"] = messages.json }
    if let failure { status["lastError"] = json(failure, over: old["lastError"], at: time) }
    return status
  }

  private func json(_ failure: Failure, over old: JSON?, at time: Timestamp) -> JSON {
    let message = JSON.string(String(failure.message.prefix(Self.maxMessage)))
    if let old, old["code"]?.string == failure.code, old["message"] == message { return old }
    return ["code": .string(failure.code), "message": message, "time": .string(time.rfc3339Seconds)]
  }
}

extension IntegrationStatus.Failure {
  /// What an error says, without what must not be seen.
  init(_ error: any Error, hiding secrets: LogRedaction) {
    switch error {
    case let error as DiagnosticsError:
      self.init(code: "integration.invalid", message: secrets.redact(error.description))
    case let error as RopewalkError:
      self.init(code: error.code.name, message: secrets.redact(error.description))
    default:
      self.init(code: "integration.failed", message: secrets.redact("\(error)"))
    }
  }
}

extension LedgerEntry {
  fileprivate var json: JSON {
    [
      "accepted": .number(JSONNumber(accepted)),
      "delivered": .number(JSONNumber(delivered)),
      "filtered": .number(JSONNumber(filtered)),
      "deadLettered": .number(JSONNumber(deadLettered)),
      "inFlight": .number(JSONNumber(inFlight)),
      "duplicates": .number(JSONNumber(duplicates)),
    ]
  }

  /// The sums of an integration over all its customers.
  init(sumOf entries: [LedgerEntry], integration: String) {
    self.init(integrationID: integration, customerID: "")
    for entry in entries where entry.integrationID == integration {
      accepted += entry.accepted
      delivered += entry.delivered
      filtered += entry.filtered
      deadLettered += entry.deadLettered
      inFlight += entry.inFlight
      duplicates += entry.duplicates
    }
  }
}
