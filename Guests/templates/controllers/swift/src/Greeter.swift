/// Writes into each Greeting's status whom it greets.
enum Greeter: Controller {
  static let metadata = JSON.object([
    ("name", .string("{{name}}")),
    ("version", .string("0.1.0")),
    ("kinds", .array([.string("example.com/v1.Greeting")])),
    ("capabilities", .array([.string("reconcile"), .string("status_update")])),
  ])

  static func reconcile(_ reference: JSON) throws(Rejection) -> JSON {
    do throws(Refusal) {
      let greeting = try Client.get(reference)
      let message = "Hello, \(greeting["spec"]["to"].text)!"
      // Writing only what differs keeps the controller from being called for its own write.
      if greeting["status"]["message"].text != message { try write(message, into: greeting) }
      return .null
    } catch {
      // It is gone, and so is all there was to do.
      if error.isNotFound { return .null }
      throw Rejection(error)
    }
  }

  private static func write(_ message: String, into greeting: JSON) throws(Refusal) {
    var greeting = greeting
    greeting["status"] = .object([("message", .string(message))])
    _ = try Client.updateStatus(greeting)
  }
}

typealias ControllerType = Greeter
