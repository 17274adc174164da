import NIOCore
import Synchronization

/// Counts the connections that go through a sandbox's doors and hatches, and keeps further ones waiting at the limit: they
/// are not accepted, and stay where the kernel queues them.
final class Admission: Sendable {
  private struct State {
    var admitted: [ObjectIdentifier: any Channel] = [:]
    var waiting: [@Sendable () -> Void] = []
    var isClosed = false
  }

  private let limit: Int
  private let state = Mutex(State())

  init(limit: Int) {
    self.limit = limit
  }

  /// Takes note of a connection until it is closed.
  func admit(_ channel: any Channel) {
    let isClosed = state.withLock { state in
      if !state.isClosed { state.admitted[ObjectIdentifier(channel)] = channel }
      return state.isClosed
    }
    guard !isClosed else { return channel.close(promise: nil) }
    channel.closeFuture.whenComplete { _ in
      let waiting = self.state.withLock { state in
        state.admitted[ObjectIdentifier(channel)] = nil
        defer { state.waiting = [] }
        return state.waiting
      }
      for body in waiting { body() }
    }
  }

  /// Calls `body` when there is room for a connection, at once or later.
  func whenThereIsRoom(_ body: @escaping @Sendable () -> Void) {
    let hasRoom = state.withLock { state in
      if state.admitted.count < limit { return true }
      state.waiting.append(body)
      return false
    }
    if hasRoom { body() }
  }

  /// Closes every connection, and those that come later.
  func close() {
    let channels = state.withLock { state in
      state.isClosed = true
      state.waiting = []
      return Array(state.admitted.values)
    }
    for channel in channels { channel.close(promise: nil) }
  }
}

/// Accepts on a listening channel only when the admission has room.
final class AdmissionHandler: ChannelDuplexHandler {
  typealias InboundIn = any Channel
  typealias InboundOut = any Channel
  typealias OutboundIn = Never

  private let admission: Admission

  init(_ admission: Admission) {
    self.admission = admission
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    admission.admit(unwrapInboundIn(data))
    context.fireChannelRead(data)
  }

  func read(context: ChannelHandlerContext) {
    let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop)
    let eventLoop = context.eventLoop
    admission.whenThereIsRoom {
      if eventLoop.inEventLoop {
        loopBound.value.read()
      } else {
        eventLoop.execute { loopBound.value.read() }
      }
    }
  }
}
