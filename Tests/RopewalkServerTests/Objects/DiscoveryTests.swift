import RopewalkCore
import RopewalkResources
import Testing

@testable import RopewalkServer

@Suite struct DiscoveryTests {
  private func type(_ group: String, _ version: String, status: Bool = false) -> ResourceType {
    ResourceType(group: group, version: version, kind: "Thing", plural: "things", singular: "thing", hasStatus: status)
  }

  @Test func orderOfVersions() {
    let sorted = ["v1alpha1", "v1", "foo1", "v10", "v2", "v1beta2", "v1beta10"].sorted { VersionPriority($0) > VersionPriority($1) }
    #expect(sorted == ["v10", "v2", "v1", "v1beta10", "v1beta2", "v1alpha1", "foo1"])
  }

  @Test func groups() {
    let discovery = Discovery([type("", "v1"), type("a.example", "v1beta1"), type("a.example", "v1", status: true)])
    #expect(discovery.coreVersions["versions"] == ["v1"])
    let group = discovery.group("a.example")
    #expect(group?["preferredVersion"]?["groupVersion"]?.string == "a.example/v1")
    #expect(discovery.group("b") == nil)
    let names = discovery.resourceList(group: "a.example", version: "v1")?["resources"]?.array?.compactMap { $0["name"]?.string }
    #expect(names == ["things", "things/status"])
    let aggregated = discovery.aggregated(core: false)
    #expect(aggregated["items"]?.array?.first?["metadata"]?["name"]?.string == "a.example")
    #expect(Discovery.isAggregated(accept: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"))
    #expect(!Discovery.isAggregated(accept: "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"))
  }

  @Test func openAPI() {
    let document = OpenAPIDocument([type("a.example", "v1")]).version3(group: "a.example", version: "v1")
    let schema = document["components"]?["schemas"]?["example.a.v1.Thing"]
    #expect(schema?["x-kubernetes-group-version-kind"] == [["group": "a.example", "version": "v1", "kind": "Thing"]])
    let patch = document["paths"]?["/apis/a.example/v1/namespaces/{namespace}/things/{name}"]?["patch"]
    #expect(patch?["parameters"]?.array?.contains { $0["name"]?.string == "fieldValidation" } == true)
    let description = APIDescription()
    #expect(description.version3(group: "b", version: "v1", of: []) == nil)
  }
}
