import RopewalkCore

extension IntegrationReader {
  private static let customerExample = "{ header: X-Customer-ID }, { path: customer } or a customer's id"

  /// Nil when there is no rule; a broken one is reported.
  func readCustomer(_ spec: YAMLMap) -> CustomerRule? {
    guard let field = spec["customer"] else { return nil }
    if case .map = field.node.content { return readRule(field) }
    guard let id = field.string("a customer's id or a rule", example: Self.customerExample), refuseReference(field, id) else { return nil }
    guard CustomerID.isValid(id) else {
      field.error("\(field.node.found) cannot be a customer's id", remedy: "use \(CustomerID.words)")
      return nil
    }
    return .fixed(id)
  }

  private func readRule(_ field: YAMLField) -> CustomerRule? {
    guard let map = field.map(keys: ["header", "path"], hints: ["fixed": "write customer: acme"], example: Self.customerExample) else {
      return nil
    }
    switch (map["header"], map["path"]) {
    case (let header?, nil):
      guard let name = header.string("the name of a header", example: "X-Customer-ID") else { return nil }
      guard Self.isHeaderName(name) else {
        header.error("\(header.node.found) cannot be the name of a header", remedy: "write one such as X-Customer-ID")
        return nil
      }
      return .header(name)
    case (nil, let path?):
      guard let name = path.string("the name of a part of the path", example: "customer") else { return nil }
      guard Self.isPartName(name) else {
        path.error("\(path.node.found) cannot name a part of the path", remedy: "write customer for the endpoint /orders/:customer")
        return nil
      }
      return .path(name)
    case (_?, let path?):
      path.error("header and path cannot both be here", remedy: "keep one of them")
      return nil
    case (nil, nil):
      if field.node.isEmptyMap { field.error("the rule is empty", remedy: "write \(Self.customerExample)") }
      return nil
    }
  }

  /// Warns when a connection's `endpoint` has no part that the rule could take the customer from.
  func checkPathRule(_ rule: CustomerRule, _ field: YAMLField?, _ incoming: [ConnectionSpec]) {
    guard case .path(let name) = rule, let field else { return }
    for connection in incoming {
      guard let endpoint = connection.settings["endpoint"]?.string, !endpoint.split(separator: "/").contains(":\(name)") else { continue }
      field.warning(
        "the endpoint of \(connection.name) has no part :\(name), so each of its messages will be refused",
        remedy: "write an endpoint such as /orders/:\(name)"
      )
    }
  }

  /// False after reporting a reference where none is filled in.
  func refuseReference(_ field: YAMLField, _ text: String) -> Bool {
    guard text.contains("${SECRET:") || text.contains("${ENV:") else { return true }
    field.error("references are filled in within config only", remedy: "write the value itself")
    return false
  }

  /// A token of RFC 9110.
  static func isHeaderName(_ name: String) -> Bool {
    !name.isEmpty && name.unicodeScalars.allSatisfy { ("!"..."~").contains($0) && !"\"(),/:;<=>?@[\\]{}".unicodeScalars.contains($0) }
  }

  private static func isPartName(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
      }
  }
}

extension YAMLNode {
  var isEmptyMap: Bool { if case .map(let members) = content { members.isEmpty } else { false } }
}
