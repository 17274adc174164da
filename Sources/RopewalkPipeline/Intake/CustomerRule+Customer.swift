import RopewalkConnector
import RopewalkCore
import RopewalkResources

extension CustomerRule {
  /// The customer whose message this is.
  /// - Throws: a ``Refusal`` for the sender when the message names none, or one that cannot be.
  func customer(of message: Message) throws(Refusal) -> String {
    switch self {
    case .fixed(let customer):
      return customer
    case .header(let name):
      return try Self.checked(try Self.only(name, in: message.headers), whatElse: "the header '\(name)'")
    case .path(let name):
      return try Self.checked(message.headers["\(MessageHeaders.reservedPrefix)path-\(name)"], whatElse: "the path part ':\(name)'")
    }
  }

  /// Two values would be one customer's message for us, and another's for whoever in front of us looked at the other one.
  private static func only(_ name: String, in headers: MessageHeaders) throws(Refusal) -> String? {
    let value = headers[name]
    guard headers.fields.allSatisfy({ $0.value == value || !$0.name.equalsIgnoringASCIICase(name) }) else {
      throw Refusal(.invalid, "the message names several customers: the header '\(name)' came with different values; send it once")
    }
    return value
  }

  private static func checked(_ value: String?, whatElse place: String) throws(Refusal) -> String {
    guard let value, !value.isEmpty else {
      throw Refusal(.invalid, "the message has no customer: \(place) is missing or empty; send the customer's id in it")
    }
    guard CustomerID.isValid(value) else {
      throw Refusal(.invalid, "the customer in \(place) cannot be used: a customer id has \(CustomerID.words)")
    }
    return value
  }
}
