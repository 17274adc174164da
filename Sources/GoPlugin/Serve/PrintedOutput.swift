import CGoPluginLauncher
import GRPCCore
import Glibc
import NIOCore

/// A plugin's standard output: first the handshake line, then, through a pipe, what the plugin prints, for the host.
final class PrintedOutput: Sendable {
  /// How much waits for a host that does not read it; what comes then is left out, and the plugin does not stall.
  private static let maximumPieces = 256

  private let original: Int32
  private let pipe: Pipe
  private let pieces: AsyncStream<[UInt8]>
  private let writer: AsyncStream<[UInt8]>.Continuation

  /// Puts a pipe in the place of standard output.
  init() throws {
    pipe = try Pipe()
    fflush(nil)
    original = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
    guard original >= 0, dup2(pipe.writing, STDOUT_FILENO) >= 0 else {
      throw GoPluginError(.systemCallFailed, "standard output cannot be redirected: \(ErrorNumber(errno))")
    }
    Glibc.close(pipe.writing)
    goplugin_buffer_output_by_line()
    (pieces, writer) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.maximumPieces))
  }

  /// Tells the host where the plugin listens.
  func announce(_ handshake: HandshakeLine) throws {
    let line = Array("\(handshake.text)\n".utf8)
    var written = 0
    while written < line.count {
      let count = line[written...].withUnsafeBytes { write(original, $0.baseAddress, $0.count) }
      guard count > 0 else {
        throw GoPluginError(.systemCallFailed, "the handshake cannot be written: \(ErrorNumber(errno))")
      }
      written += count
    }
  }

  /// Reads what the plugin prints until the task is cancelled.
  func read() async {
    try? await PipeReading.channel(of: pipe.reading).executeThenClose { inbound in
      for try await buffer in inbound { writer.yield(Array(buffer.readableBytesView)) }
    }
  }

  func send(to writer: RPCWriter<StandardOutputData>) async throws {
    for await piece in pieces {
      try await writer.write(StandardOutputData(channel: StandardOutputData.standardOutput, data: piece))
    }
  }

  /// Ends the stream to the host.
  func close() { writer.finish() }
}

/// `plugin.GRPCStdio`: what the plugin prints, for one host at a time.
struct PrintedOutputService: RegistrableRPCService {
  let output: PrintedOutput

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    let output = output
    router.registerHandler(
      forMethod: Methods.standardOutput,
      deserializer: WireCoder<EmptyMessage>(),
      serializer: WireCoder<StandardOutputData>()
    ) { _, _ in
      StreamingServerResponse { writer in
        try await output.send(to: writer)
        return [:]
      }
    }
  }
}
