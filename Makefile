# The project's own commands; README.md says what each is for.
.PHONY: run run-connectors release test soak verify format generate bench chaos clean

run:
	scripts/bootstrap
	swift build --product ropewalk
	swift build --product ropewalk-connector
	scripts/run-example

# Optimised, and with Swift's libraries in the programs. They stay in the clone, whose .deps they use.
release:
	scripts/bootstrap
	scripts/build-static ropewalk ropewalk-connector

test:
	scripts/bootstrap --guests --connectors --servers
	scripts/build-guests
	scripts/build-go-plugins
	scripts/build-connectors --test
	swift build --build-tests
	scripts/run-tests

# The tests that take minutes: GoPlugin's long variants, and a store of resources that is killed 200 times.
soak:
	scripts/bootstrap --guests --connectors --servers
	scripts/build-go-plugins
	GOPLUGIN_SOAK=1 swift test --filter GoPluginTests
	ROPEWALK_KILL_ROUNDS=200 swift test --filter ResourceKillTests

# What continuous integration runs: everything in `test`, nothing of it left out for want of a tool, and that the tree is as
# it should be.
verify:
	scripts/bootstrap --guests --connectors --servers
	scripts/check-format
	scripts/check-imports
	scripts/check-docs
	scripts/check-types
	scripts/build-guests
	scripts/build-go-plugins
	scripts/generate-sdks --check
	scripts/generate-protos --check
	scripts/build-connectors --test
	scripts/check-complete
	swift build --build-tests
	scripts/generate --check
	scripts/run-tests

format:
	swift format --in-place --recursive --parallel --configuration .swift-format Package.swift Sources Tests Benchmarks Chaos Guests Examples

generate:
	swift build --product ropewalk
	scripts/generate
	scripts/generate-sdks
	scripts/generate-protos

bench:
	scripts/bootstrap --guests --connectors --servers --benchmarks
	scripts/build-guests
	swift build -c release
	scripts/build-static ProcessBenchmark swift-tcp-lines
	swift build -c release --package-path Benchmarks
	Benchmarks/run

# Breaks a running Ropewalk in every way there is, and counts; ROUNDS and SEED are the environment's to set.
chaos:
	scripts/bootstrap --servers
	swift build -c release --product chaos
	scripts/chaos

# Connectors in Go and in Python, killed every second for a minute.
run-connectors:
	scripts/bootstrap --connectors
	scripts/build-connectors
	swift build -c release --product chaos
	scripts/run-connectors

clean:
	rm -rf .build Benchmarks/.build .deps .ropewalk
