import GRPCNIOTransportCore

/// How both sides of a connection set up HTTP/2 where gRPC's defaults hold up a stream of many messages.
enum HTTP2Settings {
  /// The largest frame that is taken, in bytes. HTTP/2's 16 KiB are a dozen messages, and every frame has its cost.
  private static let frameSize = 256 << 10
  /// How many bytes the other side may send ahead. With the 64 KiB that gRPC's servers take, a batch of messages waits in
  /// its middle until the first half was read.
  private static let windowSize = 1 << 20

  static func apply(to config: inout PluginTransport.Config) {
    config.http2.maxFrameSize = frameSize
    config.http2.targetWindowSize = windowSize
    // Waiting 100 µs for more to write is a third of a message's way there and back, and streams gather it themselves.
    config.connection.flushCoalescing = nil
  }

  static func apply(to config: inout HTTP2ServerTransport.Custom<UnixListener>.Config) {
    config.http2.maxFrameSize = frameSize
    config.http2.targetWindowSize = windowSize
    config.connection.flushCoalescing = nil
  }
}
