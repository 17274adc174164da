import HTTPTypes
import RopewalkCore
import RopewalkResources
import Testing

@testable import RopewalkServer

@Suite struct RoutingTests {
  @Test func paths() throws {
    #expect(APIRoute(path: "/version") == .version)
    #expect(APIRoute(path: "/api") == .coreVersions)
    #expect(APIRoute(path: "/apis/") == .groups)
    #expect(APIRoute(path: "/apis/ropewalk.dev") == .group("ropewalk.dev"))
    #expect(APIRoute(path: "/apis/ropewalk.dev/v1") == .resources(group: "ropewalk.dev", version: "v1"))
    #expect(APIRoute(path: "/openapi/v3/apis/a/v1") == .openAPI(group: "a", version: "v1"))
    #expect(APIRoute(path: "/metrics") == .other)
    #expect(APIRoute(path: "/apis/a/v1/b/c/d/e") == .other)
  }

  private func object(_ path: String) throws -> APIPath {
    guard case .objects(let object) = APIRoute(path: path) else { throw Failure("\(path) names no objects") }
    return object
  }

  @Test func objects() throws {
    let status = try object("/apis/a/v1/namespaces/n/things/t/status")
    #expect(status.namespace == "n" && status.plural == "things" && status.name == "t" && status.subresource == "status")
    let namespace = try object("/api/v1/namespaces/n")
    #expect(namespace.namespace == nil && namespace.plural == "namespaces" && namespace.name == "n")
    let namespaceStatus = try object("/api/v1/namespaces/n/status")
    #expect(namespaceStatus.plural == "namespaces" && namespaceStatus.subresource == "status")
    #expect(try object("/api/v1/events").name == nil)
    #expect(namespace.target(try QueryParameters(""), .get).namespace == "n", "a namespace is asked about within itself")
  }

  @Test func verbs() throws {
    let one = try object("/apis/a/v1/things/t")
    let all = try object("/apis/a/v1/things")
    #expect(try APIVerb(.get, one, QueryParameters("")) == .get)
    #expect(try APIVerb(.get, all, QueryParameters("watch=true")) == .watch)
    #expect(try APIVerb(.get, all, QueryParameters("watch=false")) == .list)
    #expect(try APIVerb(.delete, all, QueryParameters("")) == .deletecollection)
    #expect(throws: StatusError.methodNotAllowed("POST")) { try APIVerb(.post, one, QueryParameters("")) }
    #expect(all.target(try QueryParameters("fieldSelector=metadata.name%3Dx"), .list).name == "x")
  }

  @Test func queries() throws {
    let query = try QueryParameters("a=1&b=%20x+y&c&a=2")
    #expect(query["a"] == "1" && query["b"] == " x y" && query["c"] == nil)
    #expect(try query.number("a") == 1)
    #expect(throws: StatusError.self) { try QueryParameters("a=%zz") }
    #expect(throws: StatusError.self) { try QueryParameters("a=-1").number("a") }
    #expect(throws: StatusError.self) { try QueryParameters("a=maybe").flag("a") }
  }

  @Test func forms() throws {
    #expect(try AnswerForm(accept: nil) == .object)
    let kubectl = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
    #expect(try AnswerForm(accept: kubectl) == .table)
    #expect(try AnswerForm(accept: "application/vnd.kubernetes.protobuf,application/json") == .object)
    #expect(try AnswerForm(accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1") == .partialObject)
    #expect(throws: StatusError.self) { try AnswerForm(accept: "application/vnd.kubernetes.protobuf") }
    #expect(throws: StatusError.self) { try PatchKind(MediaType("text/plain")) }
  }
}
