import RopewalkPlugins
import Testing

@Suite struct VersionTests {
  /// The order that semver.org gives as its example, and a few more around it.
  @Test func ordersAsTheSpecificationSays() throws {
    let ordered = try [
      "0.9.9", "1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
      "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.1.0", "2.0.0", "10.0.0",
    ].map { try #require(SemanticVersion(parsing: $0)) }
    #expect(ordered.shuffled().sorted() == ordered)
    for (index, version) in ordered.enumerated() {
      #expect(ordered[..<index].allSatisfy { $0 < version && $0 != version })
    }
  }

  @Test func leavesBuildMetadataOutOfComparisons() throws {
    let one = try #require(SemanticVersion(parsing: "1.2.3+a"))
    let other = try #require(SemanticVersion(parsing: "1.2.3+b.0.01"))
    #expect(one == other)
    #expect(Set([one, other]).count == 1)
    #expect(other.description == "1.2.3+b.0.01")
  }

  @Test(arguments: [
    "", "1", "1.2", "v1.2.3", "01.2.3", "1.2.3.4", "1.2.3-", "1.2.3-01", "1.2.3+", "1.2.x", "1.2.3-a..b", "1.2.3+ä", "-1.0.0", " 1.0.0",
    "1.0.0-\u{661}", "1.99999999999999999999.0",
  ])
  func refusesWhatIsNoVersion(text: String) {
    #expect(SemanticVersion(parsing: text) == nil)
  }

  @Test(arguments: ["0.0.0", "1.2.3", "1.2.3-rc.1", "1.2.3--.-", "1.2.3-a.0.b+x-1", "1.2.3+001"])
  func writesWhatItRead(text: String) {
    #expect(SemanticVersion(parsing: text)?.description == text)
  }

  @Test(arguments: [
    (">=1.0.0,<2.0.0", ["1.0.0", "1.9.9"], ["0.9.9", "2.0.0", "1.5.0-rc.1", "2.0.0-rc.1"]),
    (">= 1.0.0 , < 2.0.0", ["1.0.0"], ["2.0.0"]),
    ("^1.2", ["1.2.0", "1.9.0"], ["1.1.9", "2.0.0"]),
    ("^1.2.3", ["1.2.3", "1.3.0"], ["1.2.2", "2.0.0"]),
    ("^1", ["1.0.0", "1.9.9"], ["0.9.0", "2.0.0"]),
    ("^0.2", ["0.2.0", "0.2.9"], ["0.3.0", "0.1.0"]),
    ("^0.2.3", ["0.2.3", "0.2.9"], ["0.3.0", "0.2.2"]),
    ("^0.0.3", ["0.0.3"], ["0.0.4"]),
    ("^0.0", ["0.0.9"], ["0.1.0"]),
    ("^0", ["0.9.9"], ["1.0.0"]),
    ("~1.2.3", ["1.2.3", "1.2.9"], ["1.3.0", "1.2.2"]),
    ("~1.2", ["1.2.0", "1.2.9"], ["1.3.0"]),
    ("~1", ["1.0.0", "1.9.0"], ["2.0.0"]),
    ("1.2.3", ["1.2.3", "1.2.3+x"], ["1.2.4", "1.2.3-rc.1"]),
    ("=1.2.3", ["1.2.3"], ["1.2.2"]),
    ("1.2", ["1.2.0", "1.2.7"], ["1.3.0"]),
    (">1.2", ["1.3.0"], ["1.2.9"]),
    ("<=1.2", ["1.2.9", "0.0.1"], ["1.3.0"]),
    (">1.2.3", ["1.2.4"], ["1.2.3"]),
    ("<=1.2.3", ["1.2.3"], ["1.2.4"]),
    ("*", ["0.0.0", "99.0.0"], ["1.0.0-rc.1"]),
    (">=1.0.0-rc.1", ["1.0.0-rc.1", "1.0.0-rc.2", "1.0.0", "3.0.0"], ["1.0.0-beta", "1.0.1-rc.1"]),
    (">1.0.0,<=1.0.1", ["1.0.1"], ["1.0.0"]),
  ])
  func admits(text: String, inside: [String], outside: [String]) throws {
    let range = try #require(VersionRange(parsing: text))
    #expect(range.description == text)
    for version in inside { #expect(range.contains(try #require(SemanticVersion(parsing: version))), "\(version)") }
    for version in outside { #expect(!range.contains(try #require(SemanticVersion(parsing: version))), "\(version)") }
  }

  @Test(arguments: [
    "", ",", ">=1.0.0,", "^", "1.x", "=>1.0.0", ">=1.0.0 <2.0.0", "latest", "1.2-rc", ">=2.0.0,<1.0.0", "<0.0.0", "1.2.3,1.2.4",
    ">1.0.0,<1.0.1",
    "^^1",
  ])
  func refusesWhatIsNoRange(text: String) {
    #expect(VersionRange(parsing: text) == nil)
  }

  @Test func readsPluginReferences() throws {
    let reference = try PluginReference.parse("github.com/ropewalk/connectors/http@>=1.0.0,<2.0.0")
    #expect(reference.name == "github.com/ropewalk/connectors/http")
    #expect(reference.range.contains(SemanticVersion(1, 0, 0)))
    #expect(reference.description == "github.com/ropewalk/connectors/http@>=1.0.0,<2.0.0")
    #expect(try PluginReference.parse("example.com/x").range == .any)
    #expect(VersionRange(exactly: SemanticVersion(1, 2, 3)).contains(SemanticVersion(1, 2, 3)))
  }

  @Test(arguments: ["", "http", "http/x", "example.com/", "example.com//x", "example.com/../x", "example.com/ä", "example.com/a b"])
  func refusesWhatNamesNoPlugin(text: String) {
    #expect(throws: PluginReference.Problem.name(text)) { try PluginReference.parse(text) }
    #expect(throws: PluginReference.Problem.name(text)) { try PluginReference.parse("\(text)@1.0.0") }
  }

  @Test func refusesABrokenRangeBehindAPlugin() {
    #expect(throws: PluginReference.Problem.range("1.x")) { try PluginReference.parse("example.com/x@1.x") }
  }
}
