import RopewalkCore
import Testing

@testable import RopewalkServer

@Suite struct PatchTests {
  @Test func strategicMerge() {
    let live: JSON = [
      "a": 1, "labels": ["x": "1", "y": "2"], "list": [1, 2], "finalizers": ["one", "two"],
      "conditions": [["type": "A", "status": "True"], ["type": "B", "status": "True"]],
    ]
    let patch: JSON = [
      "a": .null, "labels": ["x": .null, "z": "3"], "list": [3], "$setElementOrder/conditions": [["type": "B"]],
      "$deleteFromPrimitiveList/finalizers": ["one"], "finalizers": ["three"],
      "conditions": [["type": "B", "status": "False"], ["type": "A", "$patch": "delete"], ["type": "C"]],
    ]
    let expected: JSON = [
      "labels": ["y": "2", "z": "3"], "list": [3], "finalizers": ["two", "three"],
      "conditions": [["type": "B", "status": "False"], ["type": "C"]],
    ]
    #expect(StrategicMergePatch.apply(patch, to: live) == expected)
    #expect(StrategicMergePatch.apply(["m": ["$patch": "replace", "b": 2]], to: ["m": ["a": 1]]) == ["m": ["b": 2]])
  }

  private func apply(_ wanted: JSON, by manager: String = "me", to live: JSON) -> JSON {
    ApplyPatch(wanted: wanted, manager: manager, apiVersion: "v1", time: "2026-01-01T00:00:00Z").apply(to: live)
  }

  @Test func applyKeepsWhatOthersSay() {
    let first = apply(["kind": "X", "metadata": ["name": "n"], "spec": ["a": 1, "deep": ["b": 2, "c": 3]]], to: ["spec": ["z": 9]])
    #expect(first["spec"] == ["z": 9, "a": 1, "deep": ["b": 2, "c": 3]])
    let shared = apply(["spec": ["deep": ["c": 3]]], by: "other", to: first)
    let second = apply(["kind": "X", "metadata": ["name": "n"], "spec": ["a": 2]], to: shared)
    #expect(second["spec"] == ["z": 9, "a": 2, "deep": ["c": 3]], "b goes, c is also the other's")
    let third = apply(["spec": [:]], by: "other", to: second)
    #expect(third["spec"] == ["z": 9, "a": 2])
  }

  @Test func applyOfTheSameChangesNothing() {
    let first = apply(["spec": ["a": [1, 2]]], to: [:])
    let again = ApplyPatch(wanted: ["spec": ["a": [1, 2]]], manager: "me", apiVersion: "v1", time: "2027-01-01T00:00:00Z").apply(to: first)
    #expect(again == first)
    #expect(first["metadata"]?["managedFields"]?.array?.first?["fieldsV1"] == ["f:spec": ["f:a": [:]]])
  }
}
