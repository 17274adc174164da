/// The streams and subjects of one tenant.
///
/// | stream | subjects | holds |
/// |---|---|---|
/// | `ropewalk-T-accepted` | `ropewalk.T.CUSTOMER.INTEGRATION.in`, `….replay` | each message from its acceptance until its last end |
/// | `ropewalk-T-steps` | `ropewalk.T.CUSTOMER.INTEGRATION.to.DESTINATION` | what is on its way from one node to the next |
/// | `ropewalk-T-ends` | `ropewalk.T.settled`, `ropewalk.T.snapshot` | the ledger: what was settled, in order |
/// | `ropewalk-T-dead` | `ropewalk.T.CUSTOMER.INTEGRATION.dead` | dead letters |
/// | `ropewalk-T-bodies` | `ropewalk.T.body.ID` | large payloads, in chunks; who takes what was handed out often |
struct TenantNames: Equatable, Sendable {
  let tenant: String

  init(tenant: String) {
    self.tenant = Self.token(tenant.isEmpty ? "default" : tenant)
  }

  var accepted: String { "ropewalk-\(tenant)-accepted" }
  var steps: String { "ropewalk-\(tenant)-steps" }
  var ends: String { "ropewalk-\(tenant)-ends" }
  var dead: String { "ropewalk-\(tenant)-dead" }
  var bodies: String { "ropewalk-\(tenant)-bodies" }

  var acceptedSubjects: [String] { [subject("*", "*", "in"), replays] }
  var stepsSubjects: [String] { ["ropewalk.\(tenant).*.*.to.*"] }
  var endsSubjects: [String] { [settled, snapshot] }
  var deadSubjects: [String] { [subject("*", "*", "dead")] }
  var bodiesSubjects: [String] { ["ropewalk.\(tenant).body.*"] }

  var settled: String { "ropewalk.\(tenant).settled" }
  var snapshot: String { "ropewalk.\(tenant).snapshot" }

  func incoming(_ line: LedgerRecord.Line) -> String { subject(Self.token(line.customer), Self.token(line.integration), "in") }
  func replay(_ line: LedgerRecord.Line) -> String { subject(Self.token(line.customer), Self.token(line.integration), "replay") }
  func dead(_ line: LedgerRecord.Line) -> String { subject(Self.token(line.customer), Self.token(line.integration), "dead") }
  func body(_ id: String) -> String { "ropewalk.\(tenant).body.\(Self.token(id))" }

  func bodyID(of subject: String) -> String { String(subject.dropFirst("ropewalk.\(tenant).body.".count)) }

  /// What an integration's customers sent, and its replays.
  func allIncoming(_ integration: String) -> [String] { ["in", "replay"].map { subject("*", Self.token(integration), $0) } }
  func allReplays(_ integration: String) -> String { subject("*", Self.token(integration), "replay") }
  /// The replays of all integrations.
  var replays: String { subject("*", "*", "replay") }

  func step(_ line: LedgerRecord.Line, to destination: String) -> String {
    "ropewalk.\(tenant).\(Self.token(line.customer)).\(Self.token(line.integration)).to.\(Self.token(destination))"
  }

  func allSteps(_ integration: String, to destination: String) -> String {
    "ropewalk.\(tenant).*.\(Self.token(integration)).to.\(Self.token(destination))"
  }

  /// What is on its way to any destination of an integration.
  func allSteps(_ integration: String) -> String { "ropewalk.\(tenant).*.\(Self.token(integration)).to.*" }

  /// The consumer that all nodes share which deliver to a destination.
  /// - Parameter destination: its token.
  func stepConsumer(_ integration: String, destination: String) -> String {
    // Integrations have dashes in their names; with none in the destination's the last one divides the two.
    "to-\(Self.token(integration))-\(destination.split(separator: "-", omittingEmptySubsequences: false).joined(separator: "%2D"))"
  }

  /// The destination's token in the subject of a message on its way there.
  static func destination(of subject: String) -> String { subject.split(separator: ".").last.map(String.init) ?? "" }

  /// The customer's token in the subject of an accepted message or of one on its way.
  static func customer(of subject: String) -> String {
    let tokens = subject.split(separator: ".", maxSplits: 3)
    return tokens.count > 2 ? String(tokens[2]) : ""
  }

  private func subject(_ customer: String, _ integration: String, _ step: String) -> String {
    "ropewalk.\(tenant).\(customer).\(integration).\(step)"
  }

  /// A name as one token of a subject, a stream's or a consumer's name: what may not stand there is written as `%` and two digits.
  static func token(_ name: String) -> String {
    if !name.isEmpty, name.utf8.allSatisfy(isPlain) { return name }
    if name.isEmpty { return "%" }
    let digits = Array("0123456789ABCDEF".utf8)
    var token: [UInt8] = []
    for byte in name.utf8 {
      if isPlain(byte) {
        token.append(byte)
      } else {
        token += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: token, as: UTF8.self)
  }

  /// The name that ``token(_:)`` was made of.
  static func name(of token: String) -> String {
    var (name, rest): ([UInt8], ArraySlice<UInt8>) = ([], Array(token.utf8)[...])
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
        // The token of an empty name has no digits.
        if byte != UInt8(ascii: "%") { name.append(byte) }
        continue
      }
      name.append(value)
      rest = rest.dropFirst(2)
    }
    return String(decoding: name, as: UTF8.self)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
