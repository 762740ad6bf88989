# `make` lists what can be made.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules

GO ?= go
FUZZTIME ?= 5s
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

# Tests that need large libraries are modules of their own; see manifests for
# one more.
MODULES := test/mixin test/compose

INFO := github.com/prometheus/common/version
LDFLAGS := -s -w \
	-X $(INFO).Version=$(VERSION) -X $(INFO).Revision=$(REVISION) \
	-X $(INFO).Branch=$(BRANCH) -X $(INFO).BuildDate=$(DATE)

.PHONY: help
help: ## List what can be made (the default)
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: build
build: ## Build the exporter and the simulated Zoom into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

.PHONY: test
test: setup lint unit fuzz manifests ## Run all tests, and install what they need

.PHONY: setup
setup: ## Install what the tests need and the machine does not have
	@scripts/setup $(TOOLS)

.PHONY: lint
lint: ## Check format, modules and code
	@unformatted=$$(gofmt -l .); if [[ $$unformatted ]]; then \
		echo "not formatted by gofmt:" $$unformatted >&2; exit 1; fi
	@for script in .ci/run scripts/*; do bash -n $$script; done
	$(GO) mod tidy -diff
	$(GO) mod verify
	$(GO) vet ./...
	$(GO) tool -modfile=tools/go.mod staticcheck ./...
	for module in $(MODULES); do \
		(cd $$module && $(GO) mod tidy -diff && $(GO) mod verify && $(GO) vet ./... && \
			$(GO) tool -modfile=../../tools/go.mod staticcheck ./...) || exit 1; \
	done
	@scripts/dashboards check

.PHONY: unit
unit: ## Run the tests of all packages, those with real programs too
	$(GO) test -race -shuffle=on -timeout 15m $$($(GO) list ./... | grep -v -e /internal/workday -e /test/)
	@# Its days are long and have one worker; bench/workday runs some of it under the race detector.
	$(GO) test -shuffle=on -timeout 15m ./internal/workday
	@# Real programs want the machine to themselves.
	PATH=$(TOOLS):$$PATH $(GO) test -race -shuffle=on -timeout 15m -p 1 ./test/...
	@# What they read is outside their modules, so a cache would not know.
	for module in $(MODULES); do (cd $$module && PATH=$(TOOLS):$$PATH $(GO) test -count=1 -shuffle=on ./...) || exit 1; done

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (5s)
	@scripts/fuzz $(FUZZTIME)

# Never from the cache: go test does not see that a file outside of its module
# has changed.
.PHONY: manifests
manifests: ## Check the Helm chart, the systemd unit and the packages
	cd test/manifests && $(GO) mod tidy -diff && $(GO) vet ./... && \
	$(GO) tool -modfile=../../tools/go.mod staticcheck ./... && \
	PATH=$(TOOLS):$$PATH $(GO) test -count=1 -timeout 10m ./...

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
	@PATH=$(TOOLS):$$PATH scripts/stack bin

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
