import GRPCCore
import GRPCProtobuf
import SwiftProtobuf

extension GRPCClient {
  /// Makes a call of one message each way. Throws an `RPCError`, or a ``ProtocolViolation``.
  /// - Parameters:
  ///   - answerLength: the longest answer, in bytes; nil for as long as any message may be.
  ///   - repeated: what is repeated in the answer: the numbers of the fields that lead there.
  func unary<Request: SwiftProtobuf.Message, Response: SwiftProtobuf.Message>(
    _ method: MethodDescriptor,
    _ request: Request,
    timeout: Duration?,
    answerLength: Int?,
    repeated: [[UInt64]] = [],
    _ response: Response.Type = Response.self
  ) async throws -> Response {
    var options = CallOptions(answerLength: answerLength)
    options.timeout = timeout
    return try await unary(
      request: ClientRequest(message: request),
      descriptor: method,
      serializer: ProtobufSerializer<Request>(),
      deserializer: BoundedDeserializer<Response>(repeated: repeated),
      options: options
    ) { try $0.message }
  }
}

extension CallOptions {
  /// - Parameter answerLength: the longest message of the answer, in bytes; nil for the connection's own limit.
  init(answerLength: Int?) {
    self = .defaults
    // The transport takes the limit of requests for answers too.
    maxRequestMessageBytes = answerLength
    maxResponseMessageBytes = answerLength
  }
}

extension RPCRouter {
  /// Answers a call of one message each way, apart from the connection's thread: the answer may be anybody's code.
  /// - Parameters:
  ///   - repeated: what is repeated in the request: the numbers of the fields that lead there.
  ///   - limit: the largest number of elements there.
  mutating func registerUnary<Request: SwiftProtobuf.Message, Response: SwiftProtobuf.Message>(
    _ method: MethodDescriptor,
    repeated: [[UInt64]] = [],
    limit: Int = .max,
    _ answer: @escaping @Sendable (Request) async throws -> Response
  ) {
    registerHandler(
      forMethod: method,
      deserializer: BoundedDeserializer<Request>(repeated: repeated, limit: limit),
      serializer: ProtobufSerializer<Response>()
    ) { request, _ in
      let request = try await ServerRequest(stream: request)
      let response = try await withTaskExecutorPreference(globalConcurrentExecutor) { try await answer(request.message) }
      return StreamingServerResponse(single: ServerResponse(message: response))
    }
  }
}
