import Foundation
import RopewalkCore
import RopewalkResources
import RopewalkWasm
import Testing

@testable import RopewalkDaemon

/// Where the modules of controllers may lie, and who says so.
@Suite struct ModuleRulesTests {
  private final class Place: Sendable {
    let path: String

    init() throws {
      let url = FileManager.default.temporaryDirectory.appendingPathComponent("ropewalk-modules-\(UUID().uuidString)")
      path = url.path
      for folder in ["code", "in", "plugins", "elsewhere"] {
        try FileManager.default.createDirectory(at: url.appendingPathComponent(folder), withIntermediateDirectories: true)
      }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ file: String, _ text: String = "any") throws {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(file)"))
    }

    func link(_ file: String, to target: String) throws {
      try FileManager.default.createSymbolicLink(atPath: "\(path)/\(file)", withDestinationPath: target)
    }

    func isRefused(_ object: Resource, trusted: [ResourceKey: JSON] = [:]) throws -> Bool {
      let rules = ModuleRules(
        folders: FolderRules(code: ["\(path)/code"], data: ["\(path)/in"], closed: [], declarations: []),
        trusted: OperatorsWord(trusted),
        plugins: PluginFolders(paths: ["\(path)/plugins"])
      )
      let manifest = try #require(ControllerDeclaration(object).contents.controllers.first)
      return rules.problem(of: manifest, declaredBy: object) != nil
    }
  }

  private func controller(_ name: String, at path: String) -> Resource {
    Resource(
      apiVersion: "ropewalk.dev/v1",
      kind: "Controller",
      // Anybody who may write a controller can write this.
      metadata: ResourceMetadata(name: name, annotations: [ControllerDiscovery.sourceAnnotation: "plugins/\(name)-plugin.yaml"]),
      fields: ["spec": ["type": "wasm", "path": .string(path)]]
    )
  }

  @Test func othersNameWhatIsInAFolderOfCode() throws {
    let place = try Place()
    for name in ["code/own.wasm", "in/own.wasm", "elsewhere/own.wasm"] { try place.write(name) }
    #expect(try !place.isRefused(controller("own", at: "\(place.path)/code/own.wasm")))
    #expect(try place.isRefused(controller("own", at: "\(place.path)/elsewhere/own.wasm")))
    #expect(try place.isRefused(controller("own", at: "\(place.path)/in/own.wasm")))
  }

  @Test func theOperatorNamesWhatNobodyElseWrites() throws {
    let place = try Place()
    for name in ["in/own.wasm", "elsewhere/own.wasm", "elsewhere/found.wasm"] { try place.write(name) }
    try place.write("plugins/found-plugin.yaml", "name: found\ntype: wasm\npath: ../elsewhere/found.wasm\n")
    let found = try #require(PluginFolders(paths: ["\(place.path)/plugins"]).found().controllers.first)
    var object = controller("found", at: "")
    object.spec = .object(found.spec)
    #expect(try !place.isRefused(object))
    // The name alone makes nothing the operator's.
    #expect(try place.isRefused(controller("found", at: "\(place.path)/elsewhere/own.wasm")))
    for (path, isRefused) in [("elsewhere/own.wasm", false), ("in/own.wasm", true)] {
      let object = controller("own", at: "\(place.path)/\(path)")
      let key = ResourceKey(ControllerController.collection, name: "own")
      #expect(try place.isRefused(object, trusted: [key: object.spec ?? .null]) == isRefused)
    }
  }

  @Test func aModuleBehindALinkIsFoundOnce() throws {
    let place = try Place()
    try place.write("elsewhere/gate.wasm")
    try place.write("elsewhere/gate-plugin.yaml", "name: guard\ntype: wasm\npath: ./gate.wasm\n")
    for name in ["gate.wasm", "gate-plugin.yaml"] { try place.link("plugins/\(name)", to: "../elsewhere/\(name)") }
    try place.write("plugins/other.wasm")
    let found = PluginFolders(paths: ["\(place.path)/plugins"]).found()
    #expect(found.controllers.map(\.name) == ["guard", "other"] && found.problems.isEmpty, "\(found)")
  }
}
