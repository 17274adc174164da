import RopewalkConnector
import RopewalkCore
import RopewalkResources

extension CustomerRule {
  /// The longest customer id, in characters.
  static let maxCustomerLength = 128

  /// The customer whose message this is.
  /// - Throws: a ``Refusal`` for the sender when the message names none, or one that cannot be.
  func customer(of message: Message) throws(Refusal) -> String {
    switch self {
    case .fixed(let customer):
      return customer
    case .header(let name):
      return try Self.checked(message.headers[name], whatElse: "the header '\(name)'")
    case .path(let name):
      return try Self.checked(message.headers["\(MessageHeaders.reservedPrefix)path-\(name)"], whatElse: "the path part ':\(name)'")
    }
  }

  private static func checked(_ value: String?, whatElse place: String) throws(Refusal) -> String {
    guard let value, !value.isEmpty else {
      throw Refusal(.invalid, "the message has no customer: \(place) is missing or empty; send the customer's id in it")
    }
    guard value.utf8.count <= maxCustomerLength, value.utf8.allSatisfy(isAllowed) else {
      throw Refusal(
        .invalid,
        "the customer in \(place) cannot be used: a customer id has 1 to \(maxCustomerLength) letters, digits and -_.:@"
      )
    }
    return value
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: ":"): true
    case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "@"): true
    default: false
    }
  }
}
