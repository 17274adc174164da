import Testing

@testable import GoPlugin

struct ProtocolVersionsTests {
  @Test("A host offers the newest first")
  func offer() {
    #expect(ProtocolVersions.offer([1, 10, 9]) == "10,9,1")
  }

  @Test(
    "A plugin takes the newest of both, and its oldest where there is none",
    arguments: [
      ("1,2,3", 3), ("3,9", 3), ("9,2", 2), (" 2 , x, 3x", 2), ("9", 2), ("", 2), (nil, 2),
    ]
  )
  func choice(offered: String?, chosen: Int) {
    #expect(ProtocolVersions.choose(from: [2, 3], offered: offered) == chosen)
  }

  @Test("A plugin without a version has nothing to choose")
  func none() {
    #expect(ProtocolVersions.choose(from: [], offered: "1") == nil)
  }
}
