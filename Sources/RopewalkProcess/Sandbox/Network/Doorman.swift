import CSandbox
import Glibc
import Logging
import NIOCore
import NIOPosix
import RopewalkCore

/// Stands at the ways in and out of a sandbox's network, and passes on the bytes of those connections that are allowed.
///
/// Inside there is nothing but a loopback interface, so nothing but the doorman answers; and it knows no destination that
/// it was not told at its start. TLS passes through untouched.
struct Doorman: Sendable {
  /// How long the far end of a connection may take to answer: 10 seconds.
  static let connectTimeout = TimeAmount.seconds(10)
  /// How many connections may wait to be accepted at each door: 256.
  static let backlog: Int32 = 256
  /// Bytes that may wait to be sent at each end before its partner is no longer read: 64 KiB to 256 KiB.
  static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 64 << 10, high: 256 << 10)

  private let listeners: [Listener]
  private let admission: Admission

  private struct Listener: Sendable {
    /// The channel's own. It is the descriptor's as long as it is open.
    let descriptor: Int32
    let channel: any Channel

    /// Closing alone would not do: a process that is just being started holds a copy of every descriptor until it runs,
    /// and whoever connected meanwhile would wait for nobody.
    func close() async {
      try? await channel.eventLoop.submit { if channel.isActive { _ = shutdown(descriptor, Int32(SHUT_RDWR)) } }.get()
      try? await channel.close()
    }
  }

  /// Opens every door and hatch of the sandbox whose first process is `process`, a descriptor that must stay open as long.
  /// Throws `sandbox.setup`, or `sandbox.configuration` when a place outside cannot be listened on.
  init(_ plan: NetworkPlan, process: Int32, limit: Int, logger: Logger) async throws {
    admission = Admission(limit: limit)
    let sockets = NamespaceSockets(of: process)
    let doors = try Self.listen(at: plan.doors, process: process)
    var listeners: [Listener] = []
    var opened = 0
    do {
      for (door, descriptor) in zip(plan.doors, doors) {
        opened += 1
        listeners.append(try await Self.open(door, descriptor: descriptor, admission: admission, logger: logger))
      }
      for hatch in plan.hatches {
        listeners.append(try await Self.open(hatch, process: process, sockets: sockets, admission: admission, logger: logger))
      }
    } catch {
      for descriptor in doors.dropFirst(opened) { Glibc.close(descriptor) }
      for listener in listeners { await listener.close() }
      throw error
    }
    self.listeners = listeners
  }

  /// Closes the ways and all connections.
  func close() async {
    for listener in listeners { await listener.close() }
    admission.close()
  }

  // MARK: Out

  private static func listen(at doors: [NetworkPlan.Door], process: Int32) throws(RopewalkError) -> [Int32] {
    guard !doors.isEmpty else { return [] }
    let addresses = doors.map { csandbox_address($0.inside, port: $0.target.port) }
    var descriptors = [Int32](repeating: -1, count: doors.count)
    var failed = 0
    let error = csandbox_listen(process, addresses, addresses.count, backlog, &descriptors, &failed)
    guard error == 0 else {
      throw RopewalkError(
        .sandboxSetup,
        "the sandbox cannot be given a way to \(doors[failed].target): \(String(cString: strerror(error)))"
      )
    }
    return descriptors
  }

  private static func open(
    _ door: NetworkPlan.Door,
    descriptor: Int32,
    admission: Admission,
    logger: Logger
  ) async throws -> Listener {
    let target = door.target
    let channel = try await bootstrap(admission)
      .childChannelInitializer { inner in
        ClientBootstrap(group: inner.eventLoop)
          .connectTimeout(connectTimeout)
          .configured()
          .connect(host: target.host, port: target.port)
          .flatMap { outer in relay(inner, outer) }
          .flatMapErrorThrowing { error in
            logger.info("a connection out of the sandbox fails", metadata: ["ropewalk.target": "\(target)", "error": "\(error)"])
            refuse(inner)
            throw error
          }
      }
      .withBoundSocket(descriptor)
      .get()
    return Listener(descriptor: descriptor, channel: channel)
  }

  // MARK: In

  private static func open(
    _ hatch: NetworkPlan.Hatch,
    process: Int32,
    sockets: NamespaceSockets,
    admission: Admission,
    logger: Logger
  ) async throws -> Listener {
    if !hatch.inside.isLoopback {
      let error = withUnsafePointer(to: csandbox_address(hatch.inside, port: 0)) { csandbox_add_address(process, $0) }
      guard error == 0 else {
        throw RopewalkError(
          .sandboxSetup,
          "the sandbox cannot be given the address of \(hatch.outside): \(String(cString: strerror(error)))"
        )
      }
    }
    do {
      let descriptor = try boundSocket(at: hatch.outside)
      let channel = try await bootstrap(admission)
        .childChannelInitializer { outer in
          outer.eventLoop.makeCompletedFuture { try sockets.connect(to: hatch.inside, port: hatch.outside.port) }
            .flatMap { ClientBootstrap(group: outer.eventLoop).configured().withConnectedSocket($0) }
            .flatMap { inner in relay(outer, inner) }
            .flatMapErrorThrowing { error in
              logger.info(
                "a connection into the sandbox fails",
                metadata: ["ropewalk.listen": "\(hatch.outside)", "error": "\(error)"]
              )
              refuse(outer)
              throw error
            }
        }
        .withBoundSocket(descriptor)
        .get()
      return Listener(descriptor: descriptor, channel: channel)
    } catch {
      throw RopewalkError(.sandboxConfiguration, "\(hatch.outside) cannot be listened on for the sandbox: \(error)", cause: error)
    }
  }

  /// A socket that no process that is started inherits, which NIO's own would be.
  private static func boundSocket(at place: Endpoint) throws -> Int32 {
    let address = try SocketAddress.makeAddressResolvingHost(place.host, port: place.port)
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(Int32(address.protocol.rawValue), kind, 0)
    guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "socket") }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    let result = address.withSockAddr { bind(descriptor, $0, socklen_t($1)) }
    guard result == 0 else {
      defer { Glibc.close(descriptor) }
      throw IOError(errnoCode: errno, reason: "bind")
    }
    return descriptor
  }

  // MARK: Both

  private static func bootstrap(_ admission: Admission) -> ServerBootstrap {
    ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: backlog)
      .serverChannelOption(.maxMessagesPerRead, value: 1)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(AdmissionHandler(admission)) }
      }
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelOption(.writeBufferWaterMark, value: waterMark)
  }

  /// Joins two channels of one event loop: `first`, which becomes active with this, and `second`, which is and waits for it.
  private static func relay(_ first: any Channel, _ second: any Channel) -> EventLoopFuture<Void> {
    first.eventLoop.makeCompletedFuture {
      let ends = RelayHandler.pair()
      try first.pipeline.syncOperations.addHandler(ends.0)
      try second.pipeline.syncOperations.addHandler(ends.1)
    }
  }

  /// Has a channel that is about to be closed say that it was not for good.
  private static func refuse(_ channel: any Channel) {
    (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenFailure { _ in }
  }
}

extension ClientBootstrap {
  /// As the far end of a relayed connection is: it reads nothing until it has a partner.
  fileprivate func configured() -> ClientBootstrap {
    channelOption(.autoRead, value: false)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .channelOption(.writeBufferWaterMark, value: Doorman.waterMark)
  }
}
