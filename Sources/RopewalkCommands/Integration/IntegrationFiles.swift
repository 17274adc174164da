import ArgumentParser

/// What commands take that work on integration files.
struct IntegrationFiles: ParsableArguments {
  @Argument(help: "Integration files.", completion: .file(extensions: ["yaml", "yml", "json"]))
  var files: [String]

  @OptionGroup var options: IntegrationOptions
  @OptionGroup var output: OutputOptions
}
