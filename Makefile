# The verbs of this repository. Each installs what it needs, so each works on a fresh clone.
#
# Tests and demo share the debug build, and every debug build uses the same flags: with others,
# SwiftPM would compile the dependencies a second time.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup build demo test check simulate fuzz bench bench-budget bench-ledger bench-policy reliability clean

ARGS ?=
# Swift's run-time check for overlapping accesses costs NIO code a third of its instructions; the
# compiler's own check, and the debug build that all tests run, still have it.
RELEASE_FLAGS := --static-swift-stdlib -Xswiftc -enforce-exclusivity=unchecked
SWIFT_FLAGS := --explicit-target-dependency-import-check error
SWIFT_SOURCES := Package.swift $(wildcard Sources Tests)

export PYTHONDONTWRITEBYTECODE := 1

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what building and testing need (Debian packages, a Python environment)
	@scripts/setup test

build: ## the release binary, at .build/release/purser
	@scripts/setup build
	swift build -c release --product purser $(RELEASE_FLAGS)

demo: ## a sample team on a stand-in for OpenRouter; ARGS=--once ends after the report
	@scripts/setup build
	swift build $(SWIFT_FLAGS) --product purser
	@exec .build/debug/purser demo $(ARGS)

test: setup check ## every test: unit, store, simulation, and real clients against the real binary
	swift test --skip-build $(SWIFT_FLAGS)
	@scripts/simulate
	@scripts/fuzz
	@scripts/client-tests $(ARGS)

check: setup ## format, warnings as errors, import boundaries
	swift format lint --strict --parallel --recursive $(SWIFT_SOURCES)
	swift build --build-tests $(SWIFT_FLAGS)

simulate: ## the money, simulated from seeds; MINUTES=10 for fresh ones, SEED=42 for one again
	@scripts/setup build
	swift build $(SWIFT_FLAGS) --product Simulate
	@MINUTES="$(MINUTES)" SEED="$(SEED)" STEPS="$(STEPS)" scripts/simulate

fuzz: ## bodies nobody sends, judged twice; MINUTES=60 for fresh ones, SEED=42 for one again
	@scripts/setup build
	swift build $(SWIFT_FLAGS) --product Fuzz
	swift build $(SWIFT_FLAGS) --product purser
	@MINUTES="$(MINUTES)" SEED="$(SEED)" HTTP="$(HTTP)" BODY="$(BODY)" scripts/fuzz

bench: ## CPU and requests per second beside nginx, on this machine; ARGS="--rounds 5"
	@scripts/setup bench
	@$(MAKE) --no-print-directory build
	@Benchmarks/gateway/run $(ARGS)

bench-budget: ## what budgets and rates cost a call, from 10 members to 100,000
	@scripts/setup build
	swift build -c release --product budget-bench $(RELEASE_FLAGS)
	@.build/release/budget-bench $(ARGS)

bench-ledger: ## what the ledger does alone, after ten thousand calls or ten million (3 GB of disk)
	@scripts/setup build
	swift build -c release --product ledger-bench $(RELEASE_FLAGS)
	@.build/release/ledger-bench $(ARGS)

bench-policy: ## what reading and judging a body costs, from 1 KB to 10 MB
	@scripts/setup build
	swift build -c release --product policy-bench $(RELEASE_FLAGS)
	@.build/release/policy-bench $(ARGS)

reliability: ## kill -9 under load, and 10,000 calls at once against one budget; minutes
	@scripts/setup test
	@$(MAKE) --no-print-directory build
	PURSER_BIN=.build/release/purser Benchmarks/reliability/parallel --calls 10000
	PURSER_BIN=.build/release/purser Benchmarks/reliability/kills --kills 200

clean: ## remove what was built and measured
	swift package clean
	rm -rf Benchmarks/results
