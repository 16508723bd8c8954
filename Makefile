# Pointsman's few commands. `make` alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Optimised without the link-time pass, which would triple the wait for the first start.
PROFILE ?= ci
SERVER := target/$(PROFILE)/pointsman
SUITES := $(patsubst %/package.json,%/node_modules,$(wildcard tests/suites/*/package.json))
BROWSE := PICTURES='$(CURDIR)/target/pictures' POINTSMAN='$(CURDIR)/target/debug/pointsman'
CEL := $(if $(CEL_SPEC_DIR),CEL_SPEC_DIR='$(abspath $(CEL_SPEC_DIR))')
N8N := $(if $(N8N_GRAPHS_DIR),N8N_GRAPHS_DIR='$(abspath $(N8N_GRAPHS_DIR))')

# What `test` and `check` are made of; .ci/run counts each.
TESTS := rust schema web console
CHECKS := format lint types dependencies documentation
DIST := web/dist/index.html

.PHONY: help run test check audit bench soak tools gates programs $(TESTS) $(CHECKS)

help: ## lists the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(DIST) ## builds and serves on embedded SQLite in ./data; DEMO=1 writes demonstration records into a new one
	@.ci/tools build
	cargo build --locked --profile $(PROFILE) --package pointsman
	$(if $(DEMO),[ -e data ] || $(SERVER) seed >&2)
	exec $(SERVER) serve

test: tools $(TESTS) ## runs every suite, on both databases; CEL_SPEC_DIR and N8N_GRAPHS_DIR=<folder> add cel-spec's cases, n8n's graphs

check: tools $(CHECKS) ## looks at formatting, lints, dependencies and documentation

audit: tools ## looks for known vulnerabilities in the dependencies; needs GitHub, where RustSec keeps its list
	cargo deny --locked --workspace check advisories

bench: tools ## measures W1 and W3 beside the machine's own limits, into docs/performance.md; SECONDS=<each>
	cargo build --locked --release --package pointsman --package pointsman-bench
	target/release/pointsman-bench run docs/performance.md --seconds $(or $(SECONDS),10)

soak: tools programs ## kills the server under load: 200 times on SQLite, 50 on PostgreSQL, 20 as one of two nodes, 20 in a loop
	SOAK_KILLS=200 cargo nextest run --locked --workspace --profile soak -E 'test(=crash::nothing_is_lost_or_doubled_on_sqlite)'
	SOAK_KILLS=50 cargo nextest run --locked --workspace --profile soak -E 'test(=crash::nothing_is_lost_or_doubled_on_postgres)'
	SOAK_KILLS=20 cargo nextest run --locked --workspace --profile soak -E 'test(=crash::nothing_is_lost_or_doubled_by_two_nodes)'
	SOAK_ITEMS=1000 SOAK_KILLS=20 cargo nextest run --locked --workspace --profile soak -E 'test(/^crash::loops::/)'

tools:
	@.ci/tools

gates:
	@echo $(TESTS) $(CHECKS)

# Ignored tests need the tools, and those are here. What can't run without a folder of others' files is reported as skipped.
rust: programs $(SUITES)
	$(CEL) $(N8N) cargo nextest run --locked --workspace --run-ignored all --no-fail-fast \
		-E 'all()$(if $(CEL),, - test(the_cases_of_cel_spec_pass))$(if $(N8N),, - test(every_node_and_edge_of_real_files))'

schema: tests/suites/schema/node_modules
	npm run --prefix tests/suites/schema lint

web: web/node_modules
	npm test --prefix web

types: web/node_modules
	npm run --prefix web check

# Its looks on made-up data, then its work against the real program.
console: tests/suites/console/node_modules $(DIST) programs
	$(BROWSE) npm run --prefix tests/suites/console looks
	$(BROWSE) npm run --prefix tests/suites/console journey
	$(BROWSE) npm run --prefix tests/suites/console editor

# With the tests' own choice of features, or everything would be compiled twice.
programs: $(DIST)
	cargo build --locked --workspace --bins --tests

format:
	cargo fmt --all --check

lint:
	cargo clippy --locked --workspace --all-targets -- -D warnings

dependencies:
	cargo deny --locked --workspace check bans licenses sources

documentation:
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps --document-private-items

web/dist/index.html: web/node_modules schema.graphql $(shell find web -type f -not -path '*/node_modules/*' -not -path 'web/dist/*' 2>/dev/null)
	npm run --prefix web build
	touch $@

web/node_modules: web/package.json web/package-lock.json
	npm ci --prefix web --no-audit --no-fund
	touch $@

tests/suites/%/node_modules: tests/suites/%/package.json tests/suites/%/package-lock.json
	npm ci --prefix $(@D) --no-audit --no-fund
	touch $@
