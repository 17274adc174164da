import Hummingbird
import NIOCore
import RopewalkCore
import RopewalkResources
import ServiceLifecycle

/// The changes of objects as they happen, as the body of an answer.
struct WatchStream: Sendable {
  var events: ResourceWatch
  var encoder: WatchEncoder
  /// How long it lasts at most.
  var duration: Duration

  /// Only one task writes at a time.
  private struct Writer: @unchecked Sendable {
    var body: any ResponseBodyWriter
  }

  /// Writes until the time is over, the server stops, the client goes or the watch fails, which is said in a last line.
  func write(to body: any ResponseBodyWriter, request: RequestBody) async throws {
    let writer = Writer(body: body)
    try await request.consumeWithCancellationOnInboundClose { _ in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await Self.forward(events, encoder, to: writer) }
        group.addTask { [duration] in try await Task.sleep(for: duration) }
        group.addTask { try await gracefulShutdown() }
        defer { group.cancelAll() }
        try await group.next()
      }
    }
    try await writer.body.finish(nil)
  }

  private static func forward(_ events: ResourceWatch, _ first: WatchEncoder, to writer: Writer) async throws {
    var encoder = first
    var writer = writer
    do {
      for try await event in events {
        if let line = encoder.line(of: event) { try await writer.body.write(ByteBuffer(bytes: line)) }
      }
    } catch let error as RopewalkError {
      try await writer.body.write(ByteBuffer(bytes: encoder.line(of: StatusError(error, about: nil))))
    }
  }
}
