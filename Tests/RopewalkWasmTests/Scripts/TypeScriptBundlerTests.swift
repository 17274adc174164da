import RopewalkCore
import RopewalkPlugins
import RopewalkTesting
import SystemPackage
import Testing

@testable import RopewalkWasm

@Suite(.takesTurns, .enabled(if: Workshop.hasJavaScript, "run scripts/bootstrap: the JavaScript engine or esbuild is missing"))
struct TypeScriptBundlerTests {
  let workshop: Workshop
  let bundler: TypeScriptBundler

  init() throws {
    workshop = try Workshop()
    bundler = TypeScriptBundler(
      toolbox: Workshop.toolbox,
      folder: workshop.folder.path.appending("cache"),
      sizeLimit: .mebibytes(8),
      timeLimit: .seconds(30)
    )
  }

  private func problems(_ files: [String: String]) async throws -> [Diagnostic] {
    let source = try ScriptSource(workshop.step(files: files, entry: "flow/a.ts"))
    let error = await #expect(throws: DiagnosticsError.self) { try await bundler.bundle(source) }
    return error?.diagnostics ?? []
  }

  private func place(_ diagnostic: Diagnostic?) -> String {
    guard let mark = diagnostic?.mark else { return "" }
    return "\(FilePath(mark.file).lastComponent?.string ?? ""):\(mark.line):\(mark.column)"
  }

  @Test func bundlesLocalImports() async throws {
    let step = try workshop.step(
      files: [
        "flow/a.ts":
          "import { twice } from './lib/numbers';\nimport rates from '../rates.json';\nexport const process = (m: any) => twice(rates.eur);",
        "flow/lib/numbers.ts": "export const twice = (n: number): number => n * 2;",
        "rates.json": #"{"eur":3}"#,
      ],
      entry: "flow/a.ts"
    )
    let bundle = try await bundler.bundle(ScriptSource(step))
    let map = try JSON.parse(bundle.sourceMap)
    #expect(Set(map["sources"]?.array ?? []) == ["flow/a.ts", "flow/lib/numbers.ts", "rates.json"])
    let node = try await workshop.node(step)
    #expect(try await node.process(Message("{}")).text == "6")
  }

  @Test func syntaxErrorsHaveTheirPlaces() async throws {
    let problems = try await problems(["flow/a.ts": "export function process(m) {\n  const é = 1; let ü = = 2;\n}\n"])
    #expect(place(problems.first) == "a.ts:2:24")
    #expect(problems.first?.message == "Unexpected \"=\" in 'const é = 1; let ü = = 2;'")
  }

  @Test func ofALongLineWhatIsAroundTheErrorIsShown() async throws {
    let long = String(repeating: "1 + ", count: 100)
    let problems = try await problems(["flow/a.ts": "let x = \(long)= 2 + \(long)1;\n"])
    let message = try #require(problems.first?.message)
    #expect(message.hasPrefix("Unexpected \"=\" in '…"))
    #expect(message.hasSuffix("…'"))
    #expect(message.contains(" + = 2 + "))
    #expect(message.count < 160)
  }

  /// Data may be what nobody is to see, and so may be what a script reaches for outside.
  @Test func onlyScriptsOfTheFolderAreShown() async throws {
    let data = try await problems(["flow/a.ts": "import './b.json';", "flow/b.json": "{\"token\": sesame}"])
    #expect(place(data.first) == "b.json:1:11")
    #expect(data.first?.message.contains("token") == false)
    let step = try workshop.step(files: ["inside/a.ts": "import '../outside';", "outside.ts": "token = = sesame;"], entry: "inside/a.ts")
    var narrow = step
    narrow.folder = workshop.folder.path.appending("inside").string
    let source = try ScriptSource(narrow)
    let error = await #expect(throws: DiagnosticsError.self) { try await bundler.bundle(source) }
    #expect(error?.description.contains("sesame") == false)
  }

  @Test func errorsInImportedFilesHaveTheirPlaces() async throws {
    let problems = try await problems(["flow/a.ts": "import './b';", "flow/b.ts": "\n\nlet x: = 1"])
    #expect(place(problems.first) == "b.ts:3:8")
  }

  @Test func importsThatCannotBeHadAreExplained() async throws {
    let text =
      "import fs from 'fs';\nimport { x } from './nope';\nimport pad from 'left-pad';\nexport const process = () => [fs, x, pad];\n"
    let problems = try await problems(["flow/a.ts": text])
    #expect(problems.map(place) == ["a.ts:1:16", "a.ts:2:19", "a.ts:3:17"])
    #expect(problems[0].message == "'fs' is part of Node.js, and a step runs in a sandbox without it")
    #expect(problems[1].message == "cannot find './nope'")
    #expect(problems[2].message == "cannot find the package 'left-pad'")
    #expect(problems.allSatisfy { !$0.remedy.isEmpty })
  }

  @Test func importsOfAllKindsAreRefusedTogether() async throws {
    let text =
      "import a from './no';\nimport b from 'https://q/x.ts';\nimport c from 'left-pad';\nimport d from '/etc/hosts';\n"
      + "export const process = () => [a, b, c, d];\n"
    let problems = try await problems(["flow/a.ts": text])
    let found = problems.map { "\(place($0)) \($0.message)" }.sorted()
    #expect(
      found == [
        "a.ts:1:15 cannot find './no'", "a.ts:2:15 'https://q/x.ts' is not a local file", "a.ts:3:15 cannot find the package 'left-pad'",
        "a.ts:4:15 '/etc/hosts' lies outside the integration's folder",
      ]
    )
  }

  @Test func importsStayInTheIntegrationsFolder() async throws {
    let step = try workshop.step(
      files: ["inside/a.ts": "\nimport secret from '../outside.json';\nexport const process = () => secret;", "outside.json": "{}"],
      entry: "inside/a.ts"
    )
    var narrow = step
    narrow.folder = workshop.folder.path.appending("inside").string
    let source = try ScriptSource(narrow)
    let error = await #expect(throws: DiagnosticsError.self) { try await bundler.bundle(source) }
    #expect(place(error?.diagnostics.first) == "a.ts:2:20")
    #expect(error?.diagnostics.first?.message == "'../outside.json' lies outside the integration's folder")
  }

  @Test func aLinkDoesNotLeadOut() async throws {
    let outside = try TemporaryFolder()
    try outside.path.appending("secret.json").replaceContents(Array(#"{"key":1}"#.utf8))
    let step = try workshop.step(files: ["a.ts": "import s from './link.json';\nexport const process = () => s;"], entry: "a.ts")
    try workshop.folder.path.appending("link.json").makeLink(to: outside.path.appending("secret.json"))
    let source = try ScriptSource(step)
    let error = await #expect(throws: DiagnosticsError.self) { try await bundler.bundle(source) }
    #expect(error?.diagnostics.first?.message.contains("lies outside") == true)
  }

  /// Whatever it is that an import reaches for outside, whether it is there and what is in it is not said: it is not opened.
  @Test(arguments: [
    ("import x from '../outside.json';", "../outside.json"), ("import x from '../outside';", "../outside"),
    ("import x from './link.json';", "./link.json"), ("import x from './folder/outside.json';", "./folder/outside.json"),
    ("import x from '../nothing.json';", "../nothing.json"), ("import x from '/etc/passwd';", "/etc/passwd"),
    ("import x from '/dev/zero';", "/dev/zero"), ("import x from './endless';", "./endless"), ("import './style.css';", "/dev/zero"),
    ("const f = async () => await import('../outside.json'); const x = f;", "../outside.json"),
    ("const x = require('../outside.json');", "../outside.json"),
    ("export * from '../outside.json?x';", "../outside.json?x"), ("import x from './deeper/b';", "../../outside.json"),
    ("import x from './packed';", "./packed"), ("import x from 'data:application/json,{}';", "data:application/json,{}"),
    ("import x from 'inner';", "../../../../outside.json"), ("import x from 'inner/../../../outside.json';", "inner/../../../outside.json"),
    ("import x from 'upper';", "upper"),
  ])
  func nothingOutsideIsOpened(_ line: String, _ written: String) async throws {
    let step = try workshop.step(
      files: [
        "inside/a.ts": "\(line)\nexport const process = () => typeof x;", "inside/style.css": "@import '/dev/zero';",
        "inside/deeper/b.ts": "import x from '../../outside.json'; export default x;", "outside.json": "{\"password\": sesame}",
        "inside/packed/package.json": #"{"main":"../../outside.json"}"#,
        "inside/node_modules/inner/package.json": #"{"exports":{".":{"import":"./lib/main.mjs"}}}"#,
        "inside/node_modules/inner/lib/main.mjs": "import x from '../../../../outside.json'; export default x;",
        "node_modules/upper/index.js": "export default sesame sesame;",
      ],
      entry: "inside/a.ts"
    )
    let inside = workshop.folder.path.appending("inside")
    try inside.appending("link.json").makeLink(to: workshop.folder.path.appending("outside.json"))
    try inside.appending("folder").makeLink(to: workshop.folder.path)
    try inside.appending("endless.ts").makeLink(to: "/dev/zero")
    var narrow = step
    narrow.folder = inside.string
    let source = try ScriptSource(narrow)
    let error = try #require(await #expect(throws: DiagnosticsError.self) { try await bundler.bundle(source) })
    let what = written.hasPrefix("data:") ? "is not a local file" : "lies outside the integration's folder"
    #expect(error.diagnostics.map(\.message) == ["'\(written)' \(what)"])
    #expect(error.diagnostics.first?.mark != nil && !error.description.contains("sesame"))
  }

  /// What the server keeps, and what connectors may have written, is no code and no data of scripts.
  @Test(arguments: ["./data/token.json", "./data/nothing.json", "./link.json", "./data/../data/token.json"])
  func aClosedFolderIsNotReadFrom(_ written: String) async throws {
    let files = ["a.ts": "import x from '\(written)';\nexport const process = () => x;", "data/token.json": "{\"token\": sesame}"]
    let source = try ScriptSource(workshop.step(files: files, entry: "a.ts"))
    let data = workshop.folder.path.appending("data")
    try workshop.folder.path.appending("link.json").makeLink(to: data.appending("token.json"))
    var bundler = bundler
    bundler.closed = ["/nowhere", data]
    let error = try #require(await #expect(throws: DiagnosticsError.self) { try await bundler.bundle(source) })
    #expect(error.diagnostics.map(\.message) == ["'\(written)' lies in a folder that scripts do not read from"])
  }

  @Test(arguments: [
    "import { Order } from './types';", "import type { Order } from './types';", "import { unused, Order } from './types';",
  ])
  func importsOfTypesAloneAreLeftOut(_ line: String) async throws {
    let files = [
      "a.ts": "\(line)\nexport const process = (order: Order): Order => ({ a: order.a + 1 });",
      "types.ts": "export interface Order { a: number }\nexport const unused = 'not in the bundle';",
    ]
    let bundle = try await bundler.bundle(try ScriptSource(workshop.step(files: files, entry: "a.ts")))
    #expect(!String(decoding: bundle.code, as: UTF8.self).contains("not in the bundle"))
  }

  @Test func addressesAreNoFiles() async throws {
    let problems = try await problems(["flow/a.ts": "import x from 'https://example.com/x.js';\nexport const process = () => x;"])
    #expect(place(problems.first) == "a.ts:1:15")
    #expect(problems.first?.message == "'https://example.com/x.js' is not a local file")
  }

  @Test func anInlineScriptsErrorsArePlacedInTheIntegrationsFile() async throws {
    let mark = SourceMark(file: "orders.yaml", line: 20, column: 11)
    let source = try ScriptSource(workshop.step(script: "export function process(m) {\n  return m +;\n}", at: mark))
    let error = await #expect(throws: DiagnosticsError.self) { try await bundler.bundle(source) }
    #expect(error?.diagnostics.first?.mark == SourceMark(file: "orders.yaml", line: 21, column: 23))
  }

  @Test func aConfigurationAboveHasNoSay() async throws {
    let step = try workshop.step(
      files: [
        "tsconfig.json": #"{"compilerOptions":{"paths":{"*":["/etc/*"]},"baseUrl":"/"},"extends":"./missing.json"}"#,
        "a.ts": "export const process = (m: any) => m;",
      ],
      entry: "a.ts"
    )
    _ = try await bundler.bundle(ScriptSource(step))
  }

  @Test(arguments: [
    "export default (m: any) => [m.n];", "export default function process(m: any) { return [m.n]; }",
    "const go = (m: any) => [m.n];\nexport { go as process, go as other };", "module.exports = { process: (m) => [m.n] };",
    "exports.process = (m) => [m.n];", "module.exports = (m) => [m.n];",
    "export class A {}\nexport async function process(m: any) { return [m.n]; }",
  ])
  func everyFormOfExportIsFound(script: String) async throws {
    let node = try await workshop.node(workshop.step(script: script))
    #expect(try await node.process(Message(#"{"n":7}"#)).text == "[7]")
  }

  @Test func waitingAtTheTopIsRefusedWithItsPlace() async throws {
    let problems = try await problems(["flow/a.ts": "export const process = await Promise.resolve(() => 1);"])
    #expect(place(problems.first) == "a.ts:1:24")
  }

  @Test func aScriptIsStrict() async throws {
    let node = try await workshop.node(workshop.step(script: "export const process = () => { (undeclared as any) = 1; };"))
    let error = await #expect(throws: LogicError.self) { try await node.process(Message("{}")) }
    #expect(error?.message.hasPrefix("ReferenceError") == true)
  }

  @Test func aMissingScriptIsNamed() throws {
    var step = try workshop.step(files: [:], entry: "nope.ts")
    step.mark = SourceMark(file: "orders.yaml", line: 3, column: 5)
    let error = #expect(throws: DiagnosticsError.self) { try ScriptSource(step) }
    #expect(error?.diagnostics.first?.mark == step.mark)
    #expect(error?.diagnostics.first?.message.contains("does not exist") == true)
  }

  @Test func withoutEsbuildTheRemedyIsNamed() async throws {
    let bare = TypeScriptBundler(
      toolbox: Toolbox(folders: ["/nowhere"], programFolders: ["/nowhere/bin"]),
      folder: workshop.folder.path.appending("cache"),
      sizeLimit: .mebibytes(8),
      timeLimit: .seconds(30)
    )
    let source = try ScriptSource(workshop.step(script: "export const process = () => 1"))
    let error = await #expect(throws: RopewalkError.self) { try await bare.bundle(source) }
    #expect(error?.code == .toolMissing)
    #expect(error?.message.contains("'/nowhere', '/nowhere/bin'") == true)
    #expect(error?.message.contains("scripts/bootstrap") == true)
  }
}
