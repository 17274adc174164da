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
  /// How long a client may take nothing of what is written.
  var writeTime: Duration
  /// How often it is looked at whether who watches still may.
  var recheck: Duration
  var isAllowedStill: @Sendable () async -> Bool

  /// Only one task writes at a time.
  private struct Writer: @unchecked Sendable {
    var body: any ResponseBodyWriter
  }

  /// Writes until the time is over, who watches may not any more, the server stops, the client goes or the watch fails, which
  /// is said in a last line.
  func write(to body: any ResponseBodyWriter, request: RequestBody) async throws {
    let writer = Writer(body: body)
    try await request.consumeWithCancellationOnInboundClose { _ in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await forward(to: writer) }
        group.addTask { [duration] in try await Task.sleep(for: duration) }
        group.addTask { [recheck, isAllowedStill] in
          repeat { try await Task.sleep(for: recheck) } while await isAllowedStill()
        }
        group.addTask { try await gracefulShutdown() }
        defer { group.cancelAll() }
        try await group.next()
      }
    }
    try await inTime { try await writer.body.finish(nil) }
  }

  private func forward(to writer: Writer) async throws {
    var encoder = encoder
    do {
      for try await event in events {
        if let line = encoder.line(of: event) { try await write(line, to: writer) }
      }
    } catch let error as RopewalkError {
      try await write(encoder.line(of: StatusError(error, about: nil)), to: writer)
    }
  }

  private func write(_ line: [UInt8], to writer: Writer) async throws {
    try await inTime {
      var writer = writer
      try await writer.body.write(ByteBuffer(bytes: line))
    }
  }

  /// - Throws: `Stalled` when the client does not read, which ends the connection: nothing can be said to it any more.
  private func inTime(_ body: @escaping @Sendable () async throws -> Void) async throws {
    guard try await withTimeLimit(writeTime, body) != nil else { throw Stalled() }
  }

  private struct Stalled: Error {}
}
