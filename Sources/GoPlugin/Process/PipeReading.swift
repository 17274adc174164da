import Glibc
import NIOCore
import NIOPosix

/// The reading end of a pipe as a channel.
enum PipeReading {
  /// Takes over `descriptor`, which is closed with the channel, also when it cannot be made one.
  static func channel(of descriptor: Int32) async throws -> NIOAsyncChannel<ByteBuffer, Never> {
    do {
      return try await NIOPipeBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .takingOwnershipOfDescriptor(input: descriptor) { channel in
          channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
        }
    } catch {
      close(descriptor)
      throw error
    }
  }
}
