import RopewalkCore
import RopewalkResources
import Testing

@testable import RopewalkServer

@Suite struct TableTests {
  private let object: JSON = [
    "spec": ["size": 3, "items": [["name": "a"], ["name": "b"]], "a.b": "dotted"],
    "status": ["conditions": [["type": "Ready", "status": "True"], ["type": "Old", "status": "False"]]],
  ]

  @Test(arguments: [
    (".spec.size", ["3"]), ("{.spec.size}", ["3"]), ("$.spec.size", ["3"]),
    (".spec.items[*].name", ["a", "b"]), (".spec.items[1].name", ["b"]), (".spec.items[-1].name", ["b"]),
    (#".status.conditions[?(@.type=="Ready")].status"#, ["True"]),
    (".status.conditions[?(@.type!='Ready')].status", ["False"]),
    (".spec['a.b']", ["dotted"]), (#".spec.a\.b"#, ["dotted"]), (".spec.missing", []), (".spec.items[7]", []),
  ])
  func finds(_ path: String, _ expected: [String]) throws {
    #expect(try #require(JSONPath(path)).values(in: object).map(\.plainText) == expected)
  }

  @Test(arguments: ["spec", ".spec[", ".spec[?(x)]", ".spec[?(@.a)]", "..spec"])
  func refuses(_ path: String) {
    #expect(JSONPath(path) == nil)
  }

  @Test(arguments: [
    (0, "0s"), (119, "119s"), (120, "2m"), (125, "2m5s"), (599, "9m59s"), (600, "10m"), (10_799, "179m"), (10_800, "3h"),
    (12_000, "3h20m"), (28_800, "8h"), (172_799, "47h"), (172_800, "2d"), (180_000, "2d2h"), (691_200, "8d"), (63_072_000, "2y"),
    (252_288_000, "8y"), (-5, "<invalid>"),
  ])
  func ages(_ seconds: Int64, _ expected: String) {
    let now = Timestamp(nanoseconds: 1_800_000_000_000_000_000)
    #expect(Age.text(since: Timestamp(nanoseconds: now.nanoseconds - seconds * 1_000_000_000), now: now) == expected)
  }

  @Test func rows() throws {
    let type = ResourceType(
      group: "g",
      version: "v1",
      kind: "Thing",
      plural: "things",
      singular: "thing",
      columns: [
        PrinterColumn(name: "Size", type: "integer", jsonPath: ".spec.size"),
        PrinterColumn(name: "Ready", jsonPath: ".status.ready", priority: 1),
      ]
    )
    let resource = Resource(apiVersion: "g/v1", kind: "Thing", metadata: ResourceMetadata(name: "t"), fields: ["spec": ["size": 3]])
    let table = ObjectTable(type, included: .metadata).table(of: [resource], metadata: [:], now: .now)
    #expect(table["columnDefinitions"]?.array?.compactMap { $0["name"]?.string } == ["Name", "Size", "Ready"])
    #expect(table["rows"]?.array?.first?["cells"] == ["t", 3, .null])
    #expect(table["rows"]?.array?.first?["object"]?["kind"]?.string == "PartialObjectMetadata")
    let bare = ObjectTable(ResourceType(group: "", version: "v1", kind: "X", plural: "xs", singular: "x"), included: .none)
    #expect(bare.table(of: [resource], metadata: [:], now: .now)["rows"]?.array?.first?["object"] == .null)
  }
}
