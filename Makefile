# Two commands do all set-up on a fresh Debian machine that has only Swift: `make demo` and `make test`.
.POSIX:
.PHONY: deps build release test soak demo lint bench fuzz clean

BIN = .build/debug
ALERTMANAGER = .cache/alertmanager/usr/bin/prometheus-alertmanager

# Each `swift test` leaves some empty folders behind: they go with this one.
TEMPORARY = $(CURDIR)/.build/tmp

# What tests find by their environment. Four at once: each may be a whole team of processes.
TEST_ENVIRONMENT = \
	TMPDIR="$(TEMPORARY)" \
	TOCSIN_BIN="$(CURDIR)/$(BIN)" \
	TOCSIN_ALERTMANAGER="$(CURDIR)/$(ALERTMANAGER)" \
	TOCSIN_PYTHON="$(CURDIR)/.cache/venv/bin/python" \
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=4

deps:
	.ci/deps build

build: deps
	swift build

release: deps
	swift build -c release

# Tests that only compute go first and alone: for seconds on end they would leave no thread to those that talk, and wait for
# answers.
COMPUTING = ^(CallList|DSSE|Escalation|House|Incident|MLS|Office|Platform|Sodium|Terms|WireFormat)Tests[.]

# Vectors of the MLS working group are taken from the folder in TOCSIN_MLS_VECTORS, the reference models of DESIGN's rules from
# that in TOCSIN_MODELS; without it their tests say they were skipped.
test:
	.ci/deps test
	rm -rf "$(TEMPORARY)" && mkdir -p "$(TEMPORARY)"
	TMPDIR="$(TEMPORARY)" swift build --build-tests
	$(TEST_ENVIRONMENT) swift test --skip-build --disable-xctest --filter '$(COMPUTING)'
	$(TEST_ENVIRONMENT) swift test --skip-build --disable-xctest --skip '$(COMPUTING)'
	rm -rf "$(TEMPORARY)"

# The long form of what tries to silence the relay: it is killed 500 times, not 50.
soak:
	.ci/deps test
	rm -rf "$(TEMPORARY)" && mkdir -p "$(TEMPORARY)"
	TMPDIR="$(TEMPORARY)" swift build --build-tests
	$(TEST_ENVIRONMENT) TOCSIN_SOAK=1 swift test --skip-build --disable-xctest --filter '^SilencingTests[.]'
	rm -rf "$(TEMPORARY)"

demo:
	.ci/deps demo
	swift build --product tocsin
	swift build --product tocsin-relay
	swift build --product tocsin-probe
	deploy/demo/first-light $(BIN) $(ALERTMANAGER)

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

bench: release
	.build/release/tocsin-bench first-light --json
	.build/release/tocsin-bench mls --json
	.build/release/tocsin-bench growth --json

# libFuzzer on every decoder and on processing, each for so many seconds, as many at once as there are processors.
SECONDS = 60
fuzz: deps
	Tests/Fuzz/run $(SECONDS)

clean:
	rm -rf .build .cache
