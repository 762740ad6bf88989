# `make` lists what can be made.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules

GO ?= go
FUZZTIME ?= 1m
MORE ?= 10
BENCHTIME ?= 1s
BENCH ?= .

# Where `make setup` puts the programs that the machine does not have.
TOOLS := $(CURDIR)/.tools

# What the binary says of itself. The date is the commit's, not the build's, so
# that the same branch at the same commit makes the same binary.
VERSION := $(shell cat VERSION)
REVISION := $(shell git rev-parse HEAD 2>/dev/null)
BRANCH := $(shell git symbolic-ref --short -q HEAD 2>/dev/null)
DATE := $(shell git log -1 --format=%cd --date=format:%Y%m%d-%H:%M:%S 2>/dev/null)

# Tests that need large libraries are modules of their own.
MODULES := test/mixin test/compose test/manifests

# Runs go test with a line for each package, and keeps what came of each test.
RESULTS := $(TOOLS)/results
GOTESTSUM = $(GO) tool -modfile=$(CURDIR)/tools/go.mod gotestsum
GOTEST = @mkdir -p $(RESULTS) && echo "== make $@" && \
	$(GOTESTSUM) --format=pkgname --format-hide-empty-pkg --jsonfile=$(RESULTS)/$@.json --packages

# What setup has put there comes first.
export PATH := $(TOOLS):$(PATH)

INFO := github.com/prometheus/common/version
LDFLAGS := -s -w \
	-X $(INFO).Version=$(VERSION) -X $(INFO).Revision=$(REVISION) \
	-X $(INFO).Branch=$(BRANCH) -X $(INFO).BuildDate=$(DATE)

.PHONY: help
help: ## List what can be made (the default)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: build
build: ## Build the exporter and the simulated Zoom into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

.PHONY: test
test: setup clean-results lint unit race programs modules ## Run all tests, and install what they need
	@echo "== the slowest tests"
	@cat $(RESULTS)/*.json | $(GOTESTSUM) tool slowest --num=10

.PHONY: clean-results
clean-results:
	@rm -rf $(RESULTS)

.PHONY: setup
setup: ## Install what the tests need and the machine does not have
	@scripts/setup $(TOOLS)

.PHONY: lint
lint: ## Check format, modules and code
	@echo "== make $@"
	@unformatted=$$(gofmt -l .); if [[ $$unformatted ]]; then \
		echo "not formatted by gofmt:" $$unformatted >&2; exit 1; fi
	@for script in .ci/run scripts/*; do bash -n $$script; done
	@for module in . $(MODULES); do (cd $$module && \
		$(GO) mod tidy -diff && $(GO) mod verify && $(GO) vet ./... && \
		$(GO) tool -modfile=$(CURDIR)/tools/go.mod staticcheck ./...) || exit 1; \
	done
	@scripts/dashboards check

.PHONY: unit
unit: ## Run the tests of all packages but those with real programs: the quick ones
	@$(GO) list ./... >/dev/null # or a package that cannot be read would be left out
	$(GOTEST) "$$($(GO) list ./... | grep -v /test/ | tr '\n' ' ')" -- -shuffle=on -timeout 15m

# Those that import what concurrent code does. internal/sim/workday has one worker and
# long days; bench/workday runs some of them.
.PHONY: race
race: ## Run the tests of concurrent code under the race detector, with fewer random cases
	@$(GO) list ./... >/dev/null # as above
	$(GOTEST) "./internal/poll ./bench/... $$($(GO) list -f '{{.ImportPath}} {{.Imports}} {{.TestImports}} {{.XTestImports}}' ./... | \
		grep -E '[[ ](context|sync|sync/atomic|testing/synctest|net/http/httptest)[] ]' | cut -d' ' -f1 | \
		grep -v -e /test/ -e /internal/sim/workday -e '/internal/poll$$' | tr '\n' ' ')" \
		-- -race -short -shuffle=on -timeout 15m

# Real programs wait more than they work, but want the machine to themselves.
.PHONY: programs
programs: ## Run the tests with real programs: the exporter, Prometheus, Alertmanager
	$(GOTEST) ./test/... -- -shuffle=on -timeout 15m -p 1 -parallel 4

# Never from the cache: go test does not see that a file outside of its module
# has changed.
.PHONY: modules
modules: ## Check rules, dashboards, the Compose file, the Helm chart, the systemd unit and the packages
	@mkdir -p $(RESULTS) && echo "== make $@"
	@for module in $(MODULES); do (cd $$module && \
		$(GOTESTSUM) --format=pkgname --format-hide-empty-pkg --jsonfile=$(RESULTS)/$$(basename $$module).json --packages=./... \
			-- -count=1 -shuffle=on -timeout 10m) || exit 1; \
	done

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (1m); nightly, as the other tests run their seeds
	@scripts/fuzz $(FUZZTIME)

.PHONY: test-more
test-more: setup ## Run all tests with MORE (10) times the random cases, and under the race detector; nightly
	TEST_SEEDS=$(MORE) $(GO) test -count=1 -shuffle=on -timeout 3h $$($(GO) list ./... | grep -v /test/)
	TEST_SEEDS=$(MORE) $(GO) test -race -count=1 -shuffle=on -timeout 6h $$($(GO) list ./... | grep -v /test/)
	$(GO) test -race -count=1 -shuffle=on -timeout 1h -p 1 ./test/...

.PHONY: chart
chart: ## Write the Helm chart's README, and what it renders in tests, anew
	cd test/manifests && $(GO) test -count=1 ./chart -run 'Readme|Golden' -update

.PHONY: bench
bench: ## Run the benchmarks that match BENCH (all), each for BENCHTIME (1s)
	$(GO) test -bench '$(BENCH)' -benchmem -benchtime $(BENCHTIME) -run '^$$' -timeout 20m ./...

.PHONY: demo
demo: ## Run on a simulated Zoom: no account, configuration or network is needed
	$(GO) run ./cmd/zoom-qos-exporter --demo

.PHONY: stack
stack: build setup ## Run exporter (demo, or CONFIG=FILE), Prometheus and Alertmanager together
	@scripts/stack bin

.PHONY: docs
docs: ## Write the generated documentation anew
	$(GO) generate ./...

.PHONY: dashboards
dashboards: ## Write the Grafana dashboards anew
	@scripts/dashboards

.PHONY: image
image: ## Build the container image with docker
	docker build -t zoom-qos-exporter:$(VERSION) \
		--build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) \
		--build-arg BRANCH=$(BRANCH) --build-arg BUILD_DATE=$(DATE) .

.PHONY: clean
clean: ## Remove what was made here
	rm -rf bin dist .tools
