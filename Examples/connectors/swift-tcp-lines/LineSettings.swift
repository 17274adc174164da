import RopewalkConnector
import RopewalkCore

/// What an integration file says.
struct LineSettings: Sendable {
  struct Address: Sendable {
    var host: String
    var port: Int

    /// Nil for anything but `host:port`.
    init?(_ text: String) {
      guard let colon = text.lastIndex(of: ":"), colon != text.startIndex,
        let port = Int(text[text.index(after: colon)...]), (1...65535).contains(port)
      else { return nil }
      host = String(text[..<colon])
      self.port = port
    }
  }

  var listen: Address?
  var connect: Address?

  static let schema: JSON = [
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": [
      "listen": ["type": "string", "description": "incoming: host:port to listen on"],
      "connect": ["type": "string", "description": "outgoing: host:port to send to"],
    ],
    "additionalProperties": false,
  ]

  /// The settings, or everything that is wrong with them.
  static func read(_ configuration: ConnectionConfiguration) -> (LineSettings, [ConfigurationProblem]) {
    var settings = LineSettings()
    var problems: [ConfigurationProblem] = []
    for member in configuration.settings.members where !["listen", "connect"].contains(member.key) {
      problems.append(ConfigurationProblem(path: [member.key], "is not known", remedy: "use listen or connect"))
    }
    func address(_ name: String, isNeeded: Bool) -> Address? {
      guard let value = configuration.settings[name] else {
        if isNeeded { problems.append(ConfigurationProblem(path: [name], "is missing", remedy: "write host:port")) }
        return nil
      }
      if let address = value.string.flatMap(Address.init) { return address }
      problems.append(ConfigurationProblem(path: [name], "is no address", remedy: "write host:port, such as 127.0.0.1:9000"))
      return nil
    }
    settings.listen = address("listen", isNeeded: configuration.ends == .incoming)
    settings.connect = address("connect", isNeeded: configuration.ends == .outgoing)
    return (settings, problems)
  }
}
