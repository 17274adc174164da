import GRPCCore

/// `grpc.health.v1.Health`, as go-plugin uses it: the service `plugin` serves while the plugin runs.
struct HealthService: RegistrableRPCService {
  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    router.registerHandler(
      forMethod: Methods.healthCheck,
      deserializer: WireCoder<HealthCheckRequest>(),
      serializer: WireCoder<HealthCheckResponse>()
    ) { request, _ in
      let request = try await ServerRequest(stream: request)
      guard ["", Methods.healthServiceName].contains(request.message.service) else {
        throw RPCError(code: .notFound, message: "the service is not known; ask for '\(Methods.healthServiceName)'")
      }
      return StreamingServerResponse(single: ServerResponse(message: HealthCheckResponse(status: HealthCheckResponse.serving)))
    }
  }
}
