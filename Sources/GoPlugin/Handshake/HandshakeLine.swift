/// The one line that a plugin prints on standard output when it is ready:
/// `core | protocol | network | address [| transport [| certificate [| multiplexing]]]`.
public struct HandshakeLine: Sendable, Hashable {
  /// The version of the handshake itself that this library speaks.
  public static let coreProtocol = 1

  /// The version of the plugin's own protocol that the plugin chose.
  public var protocolVersion: Int
  /// Where the plugin listens.
  public var address: PluginAddress
  /// The plugin's certificate (DER) when it speaks TLS with a certificate made for this run.
  public var certificate: [UInt8]?
  /// Whether the plugin can carry the broker's connections inside the one it has.
  public var supportsMultiplexing: Bool

  public init(protocolVersion: Int, address: PluginAddress, certificate: [UInt8]? = nil, supportsMultiplexing: Bool = false) {
    self.protocolVersion = protocolVersion
    self.address = address
    self.certificate = certificate
    self.supportsMultiplexing = supportsMultiplexing
  }

  /// Reads a line without its line end.
  ///
  /// A certificate field of at most 50 characters is what old plugins put there for other ends, and is passed over, as
  /// the reference implementation does. Fields after the seventh are passed over too.
  public init(parsing line: some StringProtocol) throws(GoPluginError) {
    let fields = line.trimmingBlanks().split(separator: "|", omittingEmptySubsequences: false).map { $0.trimmingBlanks() }
    guard fields.count >= 4, let core = Int(fields[0]) else {
      throw GoPluginError(
        .unexpectedOutput,
        "the first line on standard output is not a handshake; a plugin must print nothing before it, so write logs to standard error"
      )
    }
    guard core == Self.coreProtocol else {
      throw GoPluginError(
        .unsupportedProtocol,
        "the plugin speaks version \(core) of the handshake and this host \(Self.coreProtocol); rebuild the plugin"
      )
    }
    guard let version = Int(fields[1]), version >= 0 else {
      throw .malformed("its second field is no protocol version")
    }
    // Without the fifth field the plugin is older than gRPC in this protocol.
    let transport = fields.count > 4 ? fields[4] : "netrpc"
    guard transport == "grpc" else {
      throw GoPluginError(
        .unsupportedProtocol,
        "the plugin speaks '\(transport.prefix(32))' and only 'grpc' is supported; build it with a gRPC server"
      )
    }
    protocolVersion = version
    address = try PluginAddress(network: fields[2], address: fields[3])
    certificate = nil
    if fields.count > 5, fields[5].utf8.count > 50 {
      guard let der = Base64.decode(fields[5]) else { throw .malformed("its certificate is not base64") }
      certificate = der
    }
    supportsMultiplexing = false
    if fields.count > 6, !fields[6].isEmpty {
      guard let flag = Bool(fields[6]) else { throw .malformed("its seventh field is neither true nor false") }
      supportsMultiplexing = flag
    }
  }

  /// The line as a plugin prints it, without the line end.
  public var text: String {
    var fields = [
      "\(Self.coreProtocol)", "\(protocolVersion)", address.network, address.text, "grpc", certificate.map(Base64.encode) ?? "",
    ]
    if supportsMultiplexing { fields.append("true") }
    return fields.joined(separator: "|")
  }
}

extension GoPluginError {
  fileprivate static func malformed(_ what: String) -> GoPluginError {
    GoPluginError(.malformedHandshake, "the plugin's handshake line cannot be used: \(what)")
  }
}

extension StringProtocol {
  func trimmingBlanks() -> String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\n" || $0 == "\r\n" }
    return String(String(drop(while: isBlank).reversed()).drop(while: isBlank).reversed())
  }
}
