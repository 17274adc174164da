import Testing

@testable import RopewalkCommands

@Suite struct UnknownCommandTests {
  @Test(arguments: [
    (["runn", "a.yaml"], "there is no command 'runn'; did you mean run?"),
    (["plugin", "biuld"], "there is no command 'biuld'; did you mean build?"),
    (["dead-letters", "xyzzy"], "there is no command 'xyzzy'; there are list, show, replay, discard, export"),
  ])
  func isAnsweredWithTheNearest(_ arguments: [String], _ problem: String) {
    #expect(RopewalkCommand.unknownCommand(in: arguments) == problem)
  }

  @Test(arguments: [[], ["run", "a.yaml"], ["--version"], ["help", "run"], ["plugin", "--help"], ["dead-letters", "list", "x"]])
  func leavesTheRestAlone(_ arguments: [String]) {
    #expect(RopewalkCommand.unknownCommand(in: arguments) == nil)
  }
}
