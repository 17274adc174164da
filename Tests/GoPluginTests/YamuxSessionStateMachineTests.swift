import NIOCore
import Testing

@testable import GoPlugin

struct YamuxSessionStateMachineTests {
  private typealias Action = YamuxSessionStateMachine.Action

  private static let window = YamuxStream.window

  /// A plugin's session with streams 1, 3 and so on, which the host has opened.
  private static func server(streams: Int = 1, limit: Int = 4) -> YamuxSessionStateMachine {
    var session = YamuxSessionStateMachine(role: .server, limit: limit)
    for index in 0..<streams { _ = read(&session, .opening(UInt32(2 * index + 1))) }
    return session
  }

  @discardableResult
  private static func read(_ session: inout YamuxSessionStateMachine, _ frames: YamuxFrame...) -> [Action] {
    var buffer = ByteBuffer()
    for frame in frames {
      frame.write(to: &buffer)
      if frame.kind == .data { buffer.writeRepeatingByte(7, count: Int(frame.value)) }
    }
    return session.read(buffer)
  }

  private static func data(_ count: Int, on stream: UInt32 = 1, flags: YamuxFrame.Flags = []) -> YamuxFrame {
    YamuxFrame(kind: .data, flags: flags, stream: stream, value: UInt32(count))
  }

  private static func update(_ delta: Int, of stream: UInt32 = 1) -> YamuxFrame {
    YamuxFrame(kind: .windowUpdate, stream: stream, value: UInt32(delta))
  }

  private static func bytes(_ count: Int) -> ByteBuffer { ByteBuffer(repeating: 7, count: count) }

  /// Whether the session is over, and the other side was told so.
  private static func hasFailed(_ actions: [Action]) -> Bool {
    guard actions.count >= 2, case .write(let frame, nil) = actions[actions.count - 2], case .failed = actions[actions.count - 1] else {
      return false
    }
    return frame == YamuxFrame(kind: .goAway, value: YamuxFrame.GoingAway.violation)
  }

  @Test("A host's streams have odd numbers, a plugin's even ones")
  func numbers() throws {
    var client = YamuxSessionStateMachine(role: .client, limit: 4)
    #expect(try client.open().actions == [.write(.opening(1), nil)])
    #expect(try client.open().stream == 3)
    var server = YamuxSessionStateMachine(role: .server, limit: 4)
    #expect(try server.open().stream == 2)
    #expect(Self.read(&server, .opening(1)) == [.opened(1)])
    #expect(server.accept(1) == [.write(.accepting(1), nil)])
  }

  @Test("Data goes in both directions, and its end comes after it")
  func data() {
    var session = Self.server()
    #expect(session.send(Self.bytes(3), on: 1) == [.write(Self.data(3), Self.bytes(3))])
    #expect(
      Self.read(&session, Self.data(5), Self.data(2, flags: .finish)) == [
        .received(1, Self.bytes(5)), .received(1, Self.bytes(2)), .ended(1),
      ]
    )
    #expect(session.leave(1) == [.write(.finishing(1), nil)])
    #expect(Self.read(&session, .opening(1)) == [.opened(1)], "the number is free again")
  }

  @Test("No more is sent than the window allows; the rest goes when it grows")
  func sending() {
    var session = Self.server()
    #expect(session.wantsMore(1))
    let actions = session.send(Self.bytes(Self.window + 10), on: 1)
    #expect(actions == [.write(Self.data(Self.window), Self.bytes(Self.window))])
    #expect(!session.wantsMore(1))
    #expect(!session.isSent(1))
    #expect(Self.read(&session, Self.update(4)) == [.write(Self.data(4), Self.bytes(4))])
    #expect(session.leave(1) == [], "six bytes come before the end")
    #expect(Self.read(&session, Self.update(100)) == [.write(Self.data(6), Self.bytes(6)), .write(.finishing(1), nil)])
    #expect(session.isSent(1))
  }

  @Test("More is wanted again when all is sent and the window has grown")
  func wantsMore() {
    var session = Self.server()
    _ = session.send(Self.bytes(Self.window), on: 1)
    #expect(!session.wantsMore(1))
    #expect(Self.read(&session, Self.update(1)) == [.wantsMore(1)])
    #expect(session.wantsMore(1))
  }

  @Test("The other side may send what was taken, told by half windows, and no more")
  func receiving() {
    var session = Self.server()
    Self.read(&session, Self.data(Self.window))
    #expect(session.took(Self.window / 2 - 1, from: 1) == [])
    #expect(session.took(1, from: 1) == [.write(Self.update(Self.window / 2), nil)])
    #expect(Self.read(&session, Self.data(Self.window / 2)) == [.received(1, Self.bytes(Self.window / 2))])
    #expect(Self.hasFailed(Self.read(&session, Self.data(1))))
    #expect(Self.read(&session, .opening(3)) == [], "nothing is taken after that")
    #expect(throws: GoPluginError.self) { try session.open() }
  }

  @Test("A frame larger than the window is refused before its payload comes")
  func oversized() {
    var session = Self.server()
    var header = ByteBuffer()
    Self.data(Self.window + 1).write(to: &header)
    #expect(Self.hasFailed(session.read(header)))
  }

  @Test("A reset ends a stream for both, and what is still under way is passed over")
  func reset() {
    var session = Self.server()
    #expect(Self.read(&session, .resetting(1)) == [.reset(1)])
    #expect(Self.read(&session, Self.data(9), Self.update(1), .finishing(1)) == [])
    #expect(session.send(Self.bytes(1), on: 1) == [])
    #expect(session.leave(1) == [])
    #expect(Self.read(&session, .opening(3)) == [.opened(3)])
    #expect(session.reset(3) == [.write(.resetting(3), nil)])
    #expect(session.reset(3) == [])
    #expect(session.accept(3) == [])
  }

  @Test("Whoever sends to a stream that is left is told by a reset; its end is taken")
  func left() {
    var session = Self.server(streams: 2)
    #expect(session.leave(1) == [.write(.finishing(1), nil)])
    #expect(!session.wantsMore(1))
    #expect(Self.read(&session, Self.data(1)) == [.write(.resetting(1), nil)])
    #expect(session.leave(3) == [.write(.finishing(3), nil)])
    #expect(Self.read(&session, .finishing(3)) == [.ended(3)])
    #expect(Self.read(&session, .opening(1), .opening(3)) == [.opened(1), .opened(3)])
  }

  @Test("A ping is answered with what it is known by; an answer is not")
  func ping() {
    var session = Self.server()
    let ping = YamuxFrame(kind: .ping, flags: .synchronize, value: 77)
    let pong = YamuxFrame(kind: .ping, flags: .acknowledge, value: 77)
    #expect(Self.read(&session, ping, pong) == [.write(pong, nil)])
  }

  @Test("One that goes away takes no new streams and keeps the old ones; for another reason it is over")
  func goAway() {
    var session = Self.server()
    #expect(Self.read(&session, YamuxFrame(kind: .goAway)) == [])
    let error = #expect(throws: GoPluginError.self) { try session.open() }
    #expect(error?.code == .brokerClosed)
    #expect(session.send(Self.bytes(1), on: 1) == [.write(Self.data(1), Self.bytes(1))])
    #expect(Self.hasFailed(Self.read(&session, YamuxFrame(kind: .goAway, value: 2))))
  }

  @Test("Too many streams are refused, whoever opens them")
  func limit() throws {
    var session = Self.server(streams: 2, limit: 3)
    _ = try session.open()
    #expect(Self.read(&session, .opening(5), Self.data(3, on: 5)) == [.write(.resetting(5), nil)])
    let error = #expect(throws: GoPluginError.self) { try session.open() }
    #expect(error?.code == .brokerFull)
    Self.read(&session, .resetting(1))
    #expect(try session.open().stream == 4)
  }

  private static let wrongs: [[YamuxFrame]] = [
    [.opening(0)], [.opening(2)], [.opening(1)], [.finishing(1), .finishing(1)], [.finishing(1), data(1)],
    [YamuxFrame(kind: .windowUpdate, stream: 1, value: .max)],
  ]

  @Test("What breaks the rules ends the session", arguments: wrongs)
  func violations(frames: [YamuxFrame]) {
    var session = Self.server()
    var last: [Action] = []
    for frame in frames { last = Self.read(&session, frame) }
    #expect(Self.hasFailed(last))
  }

  @Test("An unknown version or type ends the session, after what came before it", arguments: [[1, 0], [0, 9]] as [[UInt8]])
  func malformed(start: [UInt8]) {
    var session = Self.server()
    var buffer = ByteBuffer()
    YamuxFrame.opening(3).write(to: &buffer)
    buffer.writeBytes(start + [UInt8](repeating: 0, count: 10))
    let actions = session.read(buffer)
    #expect(actions.first == .opened(3))
    #expect(Self.hasFailed(actions))
  }
}
