/// What calls into guests and built-in functions cost, one line of JSON each, under the names that Benchmarks/floor uses for the same work in C.
///
/// Run from the project's root, by Benchmarks/run; with the beginning of a figure's name, that one alone.
try await WasmtimeFigures.measure()
try await LogicFigures.measure()
try await FunctionFigures.measure()
