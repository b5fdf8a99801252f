# Every target says what it does; "make help" lists them.
.DEFAULT_GOAL := help

# Arguments for the program that a target starts, such as ARGS="--listen 127.0.0.1:8000".
ARGS ?=

# How long crash-test runs, and from which seed; without a seed it draws one and prints it.
MINUTES ?= 5
SEED ?=

# Where ui-test puts the pictures of the documents, such as PICTURES=docs/images; without it makes none.
PICTURES ?=

# Which bars bench plays, such as BARS="1 6 7", and the bridge it measures, if another one than this.
BARS ?=
BRIDGE ?=

# Where install puts things, and below which folder.
PREFIX ?= /usr/local
DESTDIR ?=

.PHONY: help run test check build lint format test-tsan test-asan fuzz autobahn acceptance crash-test sse-clients-test tunnel-test \
  api-test browser-test idle-test gateway-test operations-test docs-test ui-test site site-test image-test kubernetes-test cluster-test deb deb-test \
  install bench bench-check clean

help: ## List the targets.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

run: ## Build a release and run it, with a mosquitto when no broker is configured (ARGS="...").
	@scripts/run.sh $(ARGS)

test: ## Run every test (ARGS="--filter Name" for some).
	@scripts/test.sh $(ARGS)

check: lint build ## Check the format, build a release and run every test: before every commit.
	@scripts/test.sh

build: ## Build a release: .build/release/mqtt-bridge.
	@scripts/require-swift.sh
	@scripts/install-packages.sh
	@echo "==> building a release"
	@swift build --configuration release

lint: ## Check the format of the sources.
	@scripts/lint.sh

format: ## Format the sources.
	swift format --in-place --parallel --recursive Package.swift Sources Tests

test-tsan: ## Run every test under the thread sanitizer.
	@scripts/test.sh --sanitize=thread --scratch-path .build-tsan $(ARGS)

test-asan: ## Run every test under the address sanitizer.
	@scripts/test.sh --sanitize=address --scratch-path .build-asan $(ARGS)

fuzz: ## Feed the decoders random bytes (scripts/fuzz.sh explains its arguments).
	@scripts/require-swift.sh
	@scripts/fuzz.sh $(ARGS)

autobahn: ## Play the Autobahn WebSocket cases against both roles (ARGS="server" or "client" for one).
	@scripts/autobahn.sh $(ARGS)

acceptance: build ## Kill bridge and broker under load and count what is lost: minutes.
	@scripts/acceptance.sh $(ARGS)

crash-test: build ## Kill, cut, fill and crash at random, then compare (MINUTES=5 SEED=1 ARGS="--only kills").
	@scripts/crash_test.py --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(ARGS)

sse-clients-test: build ## Read our event streams with client libraries of others (fetches them from PyPI).
	@scripts/sse_clients.py

api-test: build ## Play what schemathesis makes of openapi.yaml against the bridge (SEED=1): minutes.
	@scripts/with_tools.sh scripts/api_test.py $(if $(SEED),--seed $(SEED)) $(ARGS)

browser-test: build ## Streams, tickets, CORS, cookies and the pages of the bridge in a real Chromium.
	@scripts/with_tools.sh scripts/browser_test.py $(if $(SEED),--seed $(SEED)) $(ARGS)

ui-test: build ## The console and mqtt-bridge.js in a real Chromium, with axe-core (PICTURES=docs/images makes the pictures).
	@scripts/with_tools.sh scripts/ui_test.py $(if $(SEED),--seed $(SEED)) $(if $(PICTURES),--pictures $(PICTURES)) $(ARGS)

gateway-test: build ## Bridges behind nginx, HAProxy and Caddy: streams, sockets, addresses, rolling restart.
	@scripts/install-packages.sh nginx haproxy
	@scripts/with_tools.sh scripts/gateway_test.py $(ARGS)

operations-test: build ## Try docs/operations.md: alert rules, dashboard, backup and restore, failures.
	@scripts/install-packages.sh prometheus
	@scripts/operations_test.py $(ARGS)

docs-test: build ## Execute the code blocks of README.md and of all other documents.
	@scripts/with_tools.sh scripts/docs_test.py $(ARGS)

site: build ## The documents and the reference as a site: .build/site/index.html.
	@scripts/with_tools.sh scripts/site.py $(ARGS)

site-test: build ## Make the site, and look at every page and link of it in Chromium.
	@scripts/with_tools.sh scripts/site.py --check 1 $(ARGS)

image-test: ## Build deploy/Dockerfile with buildah, look into the image, run and restart it: as root, no registry.
	@scripts/require-swift.sh
	@scripts/install-packages.sh buildah debootstrap binutils
	@scripts/with_tools.sh scripts/image_test.py $(ARGS)

kubernetes-test: build ## Hold deploy/kubernetes against the schemas of Kubernetes and against the bridge.
	@scripts/with_tools.sh scripts/kubernetes_test.py $(ARGS)

cluster-test: build ## Three bridges behind HAProxy on three nats-server nodes: publish, resume, share, kill one of each.
	@scripts/install-packages.sh haproxy
	@scripts/with_tools.sh scripts/cluster_test.py $(ARGS)

install: ## Install the program, its manual page, the unit and a configuration (PREFIX=/usr/local DESTDIR=).
	@PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" scripts/install.sh

deb: ## Build a Debian package: .build/deb/mqtt-bridge_*.deb.
	@scripts/require-swift.sh
	@scripts/install-packages.sh debhelper
	@scripts/deb.sh

deb-test: ## Build the Debian package, ask lintian, and look at what it installs.
	@scripts/require-swift.sh
	@scripts/install-packages.sh debhelper lintian man-db
	@scripts/deb.sh
	@scripts/deb_test.py $(ARGS)

idle-test: build ## Hold 15,000 connections open, and publish and stream meanwhile.
	@scripts/idle_connections.py $(ARGS)

tunnel-test: build ## Play MQTT through GET /mqtt with paho-mqtt, against mosquitto.
	@scripts/mqtt_tunnel.sh $(ARGS)

bench: ## Run limits, peers and the bridge by turns, and write docs/performance.md (BARS="1 6" ARGS="--quick"): 25 minutes.
	@BARS="$(BARS)" BRIDGE="$(BRIDGE)" Benchmarks/bench.sh $(ARGS)
	@scripts/documents/figures.py

bench-check: ## Count instructions and allocations of the hot paths, and compare with Benchmarks/thresholds.json.
	@Benchmarks/check.sh $(ARGS)

clean: ## Remove everything that was built.
	rm -rf .build .build-tsan .build-asan .build-fuzz .build-autobahn .build-sse .build-tunnel .build-bench .build-static Benchmarks/results
