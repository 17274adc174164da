import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import RopewalkConnector
import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How a listener's sockets and pipelines are made.
enum WebhookServer {
  /// The largest header field.
  static let maxFieldSize = ByteCount.kibibytes(16)
  /// The largest header, all fields together.
  static let maxHeaderSize = ByteCount.kibibytes(64)
  /// The most header fields.
  static let maxFields = 128
  /// Connections that wait to be accepted.
  static let backlog: CInt = 1024

  static func bind(_ listener: WebhookListener, on group: any EventLoopGroup, tls: NIOSSLContext?) -> EventLoopFuture<any Channel> {
    ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: backlog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try configure(channel, listener: listener, tls: tls) }
      }
      .bind(host: listener.address.host, port: listener.address.port)
  }

  private static func configure(_ channel: any Channel, listener: WebhookListener, tls: NIOSSLContext?) throws {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = maxFieldSize.bytes
    limits.maxHeaderListSize = maxHeaderSize.bytes
    limits.maxHeaderFieldCount = maxFields
    let pipeline = channel.pipeline.syncOperations
    // In a statement of its own: see CONTRIBUTING.md, "Traps".
    let decoder = HTTPRequestDecoder(limitConfiguration: limits)
    let handler = WebhookConnectionHandler(listener: listener)
    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
    try pipeline.addHandler(ByteArrivalHandler(telling: handler))
    try pipeline.addHandler(ByteToMessageHandler(decoder))
    try pipeline.addHandler(handler)
  }

  /// What connections are served with; nil when the problems leave nothing usable.
  static func makeTLS(_ settings: ListenerSettings.TLS) -> (context: NIOSSLContext?, problems: [ConfigurationProblem]) {
    var problems: [ConfigurationProblem] = []
    let certificates = file("certificate", &problems) { () throws(SettingMistake) in try PEMFile.certificates(settings.certificate) }
    let key = file("key", &problems) { () throws(SettingMistake) in try PEMFile.privateKey(settings.key) }
    guard let certificates, let key else { return (nil, problems) }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: certificates.map { .certificate($0) },
      privateKey: .privateKey(key)
    )
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    guard let context = try? NIOSSLContext(configuration: configuration) else {
      let message = "'\(settings.certificate)' and '\(settings.key)' do not belong together"
      return (nil, [ConfigurationProblem(path: ["tls"], message, remedy: "name the key that the certificate was made for")])
    }
    return (context, [])
  }

  private static func file<Contents>(
    _ key: String,
    _ problems: inout [ConfigurationProblem],
    _ read: () throws(SettingMistake) -> Contents
  ) -> Contents? {
    do throws(SettingMistake) {
      return try read()
    } catch {
      problems.append(ConfigurationProblem(path: ["tls", key], error.message, remedy: error.remedy))
      return nil
    }
  }

  static func connectionError(_ error: any Error, address: ListenAddress) -> ConnectionError {
    switch (error as? IOError)?.errnoCode {
    case EADDRINUSE:
      ConnectionError(
        .connectionFailed,
        "cannot listen on \(address): the port is in use; end the other program (`ss -ltnp 'sport = :\(address.port)'` names it) "
          + "or set another port in 'listen'"
      )
    case EACCES:
      ConnectionError(.connectionFailed, "cannot listen on \(address): not permitted; choose a port above 1023 in 'listen'")
    case EADDRNOTAVAIL:
      ConnectionError(
        .connectionFailed,
        "cannot listen on \(address): no network interface has this address; use 127.0.0.1 or 0.0.0.0 in 'listen'"
      )
    default:
      ConnectionError(.connectionFailed, "cannot listen on \(address): \(error); check 'listen'")
    }
  }
}
