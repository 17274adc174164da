import NIOCore

/// Many streams over one connection, as HashiCorp's yamux has them.
///
/// Each stream is held to a window in each direction, so that what waits here is bounded by their number.
struct YamuxSessionStateMachine: Sendable {
  enum Role: Sendable {
    /// Has the odd numbers, and is the host.
    case client
    /// Has the even ones.
    case server
  }

  enum Action: Sendable, Hashable {
    case write(YamuxFrame, ByteBuffer?)
    /// The other side has opened a stream, which is to be accepted or refused.
    case opened(UInt32)
    case received(UInt32, ByteBuffer)
    /// The other side sends no more on this stream.
    case ended(UInt32)
    /// The stream is no more.
    case reset(UInt32)
    /// More to send on this stream is of use.
    case wantsMore(UInt32)
    /// The session is over.
    case failed(YamuxViolation)
  }

  private let role: Role
  private let limit: Int
  private var reader = YamuxFrameReader()
  private var streams: [UInt32: YamuxStream] = [:]
  /// The frame whose payload comes.
  private var current = YamuxFrame(kind: .data)
  private var nextStream: UInt32
  /// The other side takes no new streams.
  private var isGoingAway = false
  private var hasFailed = false

  /// At most `limit` streams are open, whoever opened them.
  init(role: Role, limit: Int) {
    self.role = role
    self.limit = limit
    nextStream = role == .client ? 1 : 2
  }

  /// Whether everything is sent that was to be on this stream.
  func isSent(_ id: UInt32) -> Bool { streams[id]?.isSent ?? true }

  func wantsMore(_ id: UInt32) -> Bool { streams[id]?.wantsMore ?? false }

  /// Takes the next bytes of the connection.
  mutating func read(_ bytes: ByteBuffer) -> [Action] {
    guard !hasFailed else { return [] }
    var actions: [Action] = []
    reader.append(bytes)
    do throws(YamuxViolation) {
      while let piece = try reader.next() {
        switch piece {
        case .frame(let frame): try take(frame, &actions)
        case .payload(let bytes, let isLast): try take(bytes, isLast: isLast, &actions)
        }
      }
    } catch {
      hasFailed = true
      actions.append(.write(YamuxFrame(kind: .goAway, value: YamuxFrame.GoingAway.violation), nil))
      actions.append(.failed(error))
    }
    return actions
  }

  /// Opens a stream. Throws `brokerFull`, or `brokerClosed` when the other side takes no more.
  mutating func open() throws(GoPluginError) -> (stream: UInt32, actions: [Action]) {
    guard !hasFailed, !isGoingAway, nextStream < UInt32.max - 1 else { throw .brokerClosed }
    guard streams.count < limit else {
      throw GoPluginError(.brokerFull, "\(limit) connections are open within the one to the plugin; close some, or raise the limit")
    }
    let id = nextStream
    nextStream += 2
    streams[id] = YamuxStream()
    return (id, [.write(.opening(id), nil)])
  }

  /// Takes a stream that the other side has opened.
  mutating func accept(_ id: UInt32) -> [Action] { streams[id] == nil ? [] : [.write(.accepting(id), nil)] }

  /// Ends a stream at once, in both directions.
  mutating func reset(_ id: UInt32) -> [Action] {
    streams.removeValue(forKey: id) == nil ? [] : [.write(.resetting(id), nil)]
  }

  /// Sends as much as the window allows, and keeps the rest until it grows.
  mutating func send(_ bytes: ByteBuffer, on id: UInt32) -> [Action] {
    streams[id]?.append(bytes)
    var actions: [Action] = []
    sendUnsent(id, &actions)
    return actions
  }

  /// So many bytes of a stream were taken by whoever reads it.
  mutating func took(_ count: Int, from id: UInt32) -> [Action] {
    guard let delta = streams[id]?.took(count) else { return [] }
    return [.write(YamuxFrame(kind: .windowUpdate, stream: id, value: delta), nil)]
  }

  /// Whoever reads and writes this stream here is gone: it ends after what is unsent, and is reset when the other side
  /// goes on.
  mutating func leave(_ id: UInt32) -> [Action] {
    streams[id]?.leave()
    var actions: [Action] = []
    sendUnsent(id, &actions)
    return actions
  }

  private mutating func take(_ frame: YamuxFrame, _ actions: inout [Action]) throws(YamuxViolation) {
    switch frame.kind {
    case .ping:
      guard frame.flags.contains(.synchronize) else { return }
      actions.append(.write(YamuxFrame(kind: .ping, flags: .acknowledge, value: frame.value), nil))
    case .goAway:
      guard frame.value == YamuxFrame.GoingAway.normally else { throw YamuxViolation("it goes away with the code \(frame.value)") }
      isGoingAway = true
    case .data, .windowUpdate: try takeOfStream(frame, &actions)
    }
  }

  private mutating func takeOfStream(_ frame: YamuxFrame, _ actions: inout [Action]) throws(YamuxViolation) {
    let id = frame.stream
    current = frame
    if frame.flags.contains(.synchronize) { try takeNew(id, &actions) }
    // What is still on its way of a stream that was reset is passed over.
    guard streams[id] != nil else { return }
    if frame.flags.contains(.reset) {
      streams[id] = nil
      return actions.append(.reset(id))
    }
    if frame.kind == .windowUpdate {
      let wantedMore = wantsMore(id)
      try streams[id]?.grows(by: frame.value)
      sendUnsent(id, &actions)
      if !wantedMore, wantsMore(id) { actions.append(.wantsMore(id)) }
    } else if frame.value > 0 {
      try streams[id]?.receives(Int(frame.value))
      // Nobody is there to take it.
      if streams[id]?.isLeft == true { return actions += reset(id) }
      // It ends after its payload.
      return
    }
    if frame.flags.contains(.finish) { try end(id, &actions) }
  }

  private mutating func take(_ payload: ByteBuffer, isLast: Bool, _ actions: inout [Action]) throws(YamuxViolation) {
    guard streams[current.stream] != nil else { return }
    actions.append(.received(current.stream, payload))
    if isLast, current.flags.contains(.finish) { try end(current.stream, &actions) }
  }

  private mutating func takeNew(_ id: UInt32, _ actions: inout [Action]) throws(YamuxViolation) {
    let isOwn = id % 2 == (role == .client ? 1 : 0)
    guard id != 0, !isOwn else { throw YamuxViolation("it opens stream \(id), whose number is not its to give") }
    guard streams[id] == nil else { throw YamuxViolation("it opens stream \(id) twice") }
    guard streams.count < limit else { return actions.append(.write(.resetting(id), nil)) }
    streams[id] = YamuxStream()
    actions.append(.opened(id))
  }

  private mutating func end(_ id: UInt32, _ actions: inout [Action]) throws(YamuxViolation) {
    try streams[id]?.ends()
    if streams[id]?.isFinished == true { streams[id] = nil }
    actions.append(.ended(id))
  }

  private mutating func sendUnsent(_ id: UInt32, _ actions: inout [Action]) {
    while let bytes = streams[id]?.nextToSend() {
      actions.append(.write(YamuxFrame(kind: .data, stream: id, value: UInt32(bytes.readableBytes)), bytes))
    }
    guard streams[id]?.finish() == true else { return }
    actions.append(.write(.finishing(id), nil))
    if streams[id]?.hasEnded == true { streams[id] = nil }
  }
}
