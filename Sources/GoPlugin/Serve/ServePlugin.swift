import EventLoopTasks
import FoundationEssentials
public import GRPCCore
import GRPCNIOTransportCore
import Glibc
public import Logging
import NIOPosix

/// Serves as a plugin under any go-plugin host until the host asks it to end, or is gone. To be called from `main`.
///
/// `services` is given the protocol version that host and plugin agree on, and the broker over which to call back. What it
/// returns is called on the thread of the connection, which saves a change of thread for each call: code that may block
/// moves away with `withTaskExecutorPreference(globalConcurrentExecutor)`.
///
/// Standard output belongs to the protocol: what is printed goes to the host as text from here on. Log to standard error,
/// best with ``HostLogHandler``.
///
/// Throws `notStartedByHost` when the cookie is missing, with a sentence for whoever has started the program by hand.
public func servePlugin(
  _ configuration: PluginServerConfiguration,
  logger: Logger,
  services: (_ protocolVersion: Int, _ broker: PluginBroker) throws -> [any RegistrableRPCService]
) async throws {
  // A host that goes away while this writes must not end it by a signal.
  signal(SIGPIPE, SIG_IGN)
  // Ctrl-C in a terminal reaches the plugins too, and ending them is for the host.
  signal(SIGINT, SIG_IGN)
  let start = try ServerStart(configuration, environment: ProcessInfo.processInfo.environment)
  // The host is out of sight for the first process of a namespace, which the kernel ends with it.
  let host = try? ProcessKeeper.shared.get().watch(pid: getppid())
  let directory = try PrivateDirectory(under: start.socketDirectory)
  defer { directory.remove() }

  let output = try PrintedOutput()
  let ending = Ending()
  let path = "\(directory.path)/plugin"
  let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
  // The host then reaches the main server through the one connection, and the server has a socket behind that.
  let mainPath = start.isMultiplexed ? "\(directory.path)/main" : path
  let multiplexer =
    start.isMultiplexed
    ? Multiplexer(role: .server, mainPath: mainPath, limits: configuration.limits, eventLoop: eventLoop) { ending.begin() } : nil
  defer { multiplexer?.close() }
  let broker = PluginBroker(
    directory: directory.path,
    trust: start.trust,
    multiplexer: multiplexer,
    limits: configuration.limits,
    logger: logger
  )
  let own: [any RegistrableRPCService] = [
    HealthService(), ControllerService(ending: ending), BrokerService(broker: broker), PrintedOutputService(output: output),
  ]
  let listener = UnixListener(path: mainPath, trust: start.trust, eventLoop: eventLoop)
  let transport = listener.transport(messageLength: configuration.limits.messageLength)
  let server = GRPCServer(transport: transport, services: own + (try services(start.protocolVersion, broker)))

  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask(executorPreference: EventLoopTaskExecutor(eventLoop)) {
      try await server.serve()
      // The last answers are on their way still.
      await multiplexer?.finish()
    }
    guard await transport.listeningAddress != nil else {
      try await group.waitForAll()
      throw GoPluginError(.systemCallFailed, "the plugin cannot listen at \(mainPath)")
    }
    try await multiplexer?.listen(at: path)
    try output.announce(start.handshake(at: .unix(path: path)))
    group.addTask { await output.read() }
    if let host {
      group.addTask {
        _ = try await host.exit()
        ending.begin()
      }
    }
    await ending.wait()
    broker.close()
    output.close()
    server.beginGracefulShutdown()
    group.addTask {
      try await Task.sleep(for: configuration.stopGrace)
      throw CancellationError()
    }
    defer { group.cancelAll() }
    // The server, when its last call is over, or the sleep.
    _ = try? await group.next()
  }
}
