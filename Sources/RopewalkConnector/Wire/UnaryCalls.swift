import GRPCCore
import GRPCProtobuf
import SwiftProtobuf

extension GRPCClient {
  /// Makes a call of one message each way. Throws an `RPCError`.
  func unary<Request: SwiftProtobuf.Message, Response: SwiftProtobuf.Message>(
    _ method: MethodDescriptor,
    _ request: Request,
    timeout: Duration?,
    _ response: Response.Type = Response.self
  ) async throws -> Response {
    var options = CallOptions.defaults
    options.timeout = timeout
    return try await unary(
      request: ClientRequest(message: request),
      descriptor: method,
      serializer: ProtobufSerializer<Request>(),
      deserializer: ProtobufDeserializer<Response>(),
      options: options
    ) { try $0.message }
  }
}

extension RPCRouter {
  /// Answers a call of one message each way, apart from the connection's thread: the answer may be anybody's code.
  mutating func registerUnary<Request: SwiftProtobuf.Message, Response: SwiftProtobuf.Message>(
    _ method: MethodDescriptor,
    _ answer: @escaping @Sendable (Request) async throws -> Response
  ) {
    registerHandler(
      forMethod: method,
      deserializer: ProtobufDeserializer<Request>(),
      serializer: ProtobufSerializer<Response>()
    ) { request, _ in
      let request = try await ServerRequest(stream: request)
      let response = try await withTaskExecutorPreference(globalConcurrentExecutor) { try await answer(request.message) }
      return StreamingServerResponse(single: ServerResponse(message: response))
    }
  }
}
