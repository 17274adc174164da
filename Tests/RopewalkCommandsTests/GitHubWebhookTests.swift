import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct GitHubWebhookTests {
  @Test(.enabled(if: Project.inputs("github-webhooks") != nil, "the GitHub webhooks are not beside this checkout"))
  func filtersEveryWebhookOnItsEvent() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      try folder.write(
        "github.yaml",
        Declaration.integration(
          "github",
          customer: "{ path: customer }",
          """
          incoming:
            type: http-webhook
            config: { listen: 127.0.0.1:\(port), endpoint: "/hooks/:customer" }
          filter:
            type: wasm
            inline: |
              const wanted = ["issues", "issue_comment", "pull_request"];
              export function process(message: Message, context: Context) {
                if (wanted.includes(context.headers.get("X-GitHub-Event") ?? "")) {
                  return { event: context.headers.get("X-GitHub-Event"), repository: message.repository.full_name, customer: context.customerID };
                }
              }
            config: { capabilities: [GetCustomerID] }
          outgoing:
            type: file
            config: { path: ./events.jsonl }
          """
        )
      )
      let page = try Project.file("docs/results.md")
      try await Ropewalk.serving(["github.yaml"], ports: [port], in: folder) {
        var wanted: [String] = []
        for file in try Project.files(in: try #require(Project.inputs("github-webhooks"))) {
          let event = String(file.lastPathComponent.prefix { $0 != "." })
          let answer = try await HTTP.post(
            Array(Data(contentsOf: file)),
            to: "http://127.0.0.1:\(port)/hooks/octo",
            headers: ["X-GitHub-Event": event, "Content-Type": "application/json"]
          )
          #expect(answer.status == 202)
          let passes = ["issues", "issue_comment", "pull_request"].contains(event)
          if passes { wanted.append(event) }
          #expect(page.contains("| `\(file.lastPathComponent)` | `\(event)` | \(passes ? "passed" : "dropped") |"))
        }
        #expect(wanted.count == 3)
        let events = try await folder.waitForLines(wanted.count, in: "events.jsonl").map { try JSON.parse($0) }
        #expect(events.compactMap { $0["event"]?.string }.sorted() == wanted.sorted())
        #expect(events.allSatisfy { $0["customer"] == "octo" && $0["repository"]?.string?.contains("/") == true })
      }
    }
  }
}
