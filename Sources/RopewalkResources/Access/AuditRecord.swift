package import RopewalkCore

/// One write that somebody asked for and what became of it. Neither payload nor secret is in it.
package struct AuditRecord: Sendable, Hashable {
  package var time: Timestamp
  package var subject: Subject
  /// On whose behalf, where the subject acted as somebody else.
  package var impersonator: String?
  package var verb: String
  package var target: ResourceTarget
  /// Where from: an address, or the name of a controller.
  package var source: String
  /// The HTTP status that answered.
  package var status: Int
  /// `Forbidden`, `Conflict`, …; empty when it was done.
  package var reason: String
  package var isDryRun: Bool

  package init(
    time: Timestamp,
    subject: Subject,
    impersonator: String? = nil,
    verb: String,
    target: ResourceTarget,
    source: String,
    status: Int,
    reason: String = "",
    isDryRun: Bool = false
  ) {
    self.time = time
    self.subject = subject
    self.impersonator = impersonator
    self.verb = verb
    self.target = target
    self.source = source
    self.status = status
    self.reason = reason
    self.isDryRun = isDryRun
  }

  package var json: JSON {
    var object: JSONObject = [
      "time": .string(time.description),
      "user": .string(subject.name),
      "groups": .array(subject.groups.map { .string($0) }),
    ]
    if let impersonator { object["impersonator"] = .string(impersonator) }
    object["verb"] = .string(verb)
    object["group"] = .string(target.group)
    object["resource"] = .string(target.path)
    if !target.namespace.isEmpty { object["namespace"] = .string(target.namespace) }
    if !target.name.isEmpty { object["name"] = .string(target.name) }
    object["source"] = .string(source)
    object["status"] = .number(JSONNumber(status))
    object["outcome"] = .string(reason.isEmpty ? "done" : reason)
    if isDryRun { object["dryRun"] = true }
    return .object(object)
  }
}
