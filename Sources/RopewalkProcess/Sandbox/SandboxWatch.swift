import CSandbox
import Glibc
import Logging
import NIOCore
import NIOPosix
import RopewalkCore

/// What stands beside a sandboxed process from its start to its end.
struct SandboxWatch: Sendable {
  /// What bubblewrap writes about the process it has made is at most this long, in bytes: 4 KiB.
  private static let maximumInformation = 4096

  let sandbox: Sandbox
  let limits: ProcessLimits
  let plan: NetworkPlan
  let logger: Logger

  /// Sets the process up once it is there, lets it start, and keeps its doors until the task is cancelled. Returns at once
  /// when none is started. Throws what keeps the process from being set up; it is ended then.
  func run() async throws {
    for await start in sandbox.starts {
      // Open until the process is over: bubblewrap would take the pipe's end for the permission to start.
      defer { close(start.gate) }
      guard let information = try await read(start.information) else { return await waitForEnd() }
      let process = csandbox_open_process(information.pid)
      // It is over already, and its output says why.
      guard process >= 0 else { return await waitForEnd() }
      sandbox.isReady(process: process)
      do {
        try await keep(information, process: process, gate: start.gate)
      } catch {
        // What was over before it could be set up says itself why.
        let isOver = Task.isCancelled || csandbox_signal(process, SIGKILL) == ESRCH
        await waitForEnd()
        if !isOver { throw error }
      }
    }
  }

  private func keep(_ information: SandboxInformation, process: Int32, gate: Int32) async throws {
    if let expected = information.network, csandbox_namespace(process, "net") != expected {
      throw RopewalkError(.sandboxSetup, "process \(information.pid) is not the one that bubblewrap has made")
    }
    try sandbox.group?.add(information.pid)
    try limits.apply(to: information.pid)
    let doorman = try await Doorman(plan, process: process, limit: sandbox.spec.limits.connections, logger: logger)
    var byte: UInt8 = 0
    _ = write(gate, &byte, 1)
    await waitForEnd()
    await doorman.close()
  }

  /// Nil when bubblewrap has ended without having made a process.
  private func read(_ descriptor: Int32) async throws -> SandboxInformation? {
    let channel: NIOAsyncChannel<ByteBuffer, Never>
    do {
      channel = try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .takingOwnershipOfDescriptor(input: descriptor) { channel in
          channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
        }
    } catch {
      close(descriptor)
      throw error
    }
    return try await channel.executeThenClose { inbound in
      var bytes: [UInt8] = []
      for try await buffer in inbound where bytes.count < Self.maximumInformation {
        bytes += buffer.readableBytesView
        if let information = SandboxInformation(bytes) { return information }
      }
      return nil
    }
  }

  /// Returns when the task is cancelled, which says that the process is over.
  private func waitForEnd() async {
    while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
  }
}
