import RopewalkCore
import RopewalkResources

extension DeleteOptions {
  /// From the body and the query; the body counts where both say something.
  init(_ call: ObjectCall) throws(StatusError) {
    self.init()
    let query = call.request.query
    let body = call.request.body.isEmpty ? [:] : try RequestDocument.read(call.request, .ignore, WarningList())
    guard body.object != nil else { throw .badRequest("the options of a deletion are a map; found \(body.typeName)") }
    let isBodyDry = body["dryRun"]?.array?.contains("All") ?? false
    isDryRun = isBodyDry ? true : try call.isDryRun
    subject = call.request.subject
    uid = body["preconditions"]?["uid"]?.string
    resourceVersion = body["preconditions"]?["resourceVersion"]?.string

    if let text = body["propagationPolicy"]?.string ?? query["propagationPolicy"] {
      guard let policy = Propagation(rawValue: text) else {
        throw .badRequest("propagationPolicy is Background, Foreground or Orphan")
      }
      propagation = policy
    } else if body["orphanDependents"]?.bool == true {
      propagation = .orphan
    }
  }
}
