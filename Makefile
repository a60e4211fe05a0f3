# dsotp: the two commands are `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
SWIFT ?= swift
SWIFT_FLAGS := --explicit-target-dependency-import-check error
DSOTP_DATA ?= ./data
IMAGE_ENGINE ?= docker
export DSOTP_DATA

.PHONY: help run build test unit-test integration-test bench bench-grid bench-congestion bench-balancing bench-isolation bench-restoration bench-footprint bench-scale bench-external bench-clean clean tools deb image

help:
	@echo "make run               build (release) and start the demo site: an emulated grid, watched live"
	@echo "make build             build alone: .build/release/dsotp and .build/release/lib*.so"
	@echo "make test              everything: unit tests, then the integration tests against the release build"
	@echo "make unit-test         the Swift tests alone"
	@echo "make integration-test  the tests that start the built executable as a user would"
	@echo "make deb               a Debian package with a systemd unit: .build/deb/dsotp_VERSION_ARCHITECTURE.deb"
	@echo "make image             the container image dsotp:VERSION, by docker or what IMAGE_ENGINE names"
	@echo "make bench             cost and speed against mosquitto and InfluxDB, measured in the same run"
	@echo "make bench-grid        power flow and state estimation beside power-grid-model, lightsim2grid and pandapower"
	@echo "make bench-balancing   plans and closed loop of local energy communities beside HiGHS"
	@echo "make bench-congestion  outlook, requests, dispatch and tariff of a day on radial networks"
	@echo "make bench-restoration time of fault location, restoration plans and the N-1 screening"
	@echo "make bench-forecast    day-ahead forecasts on the protocol's data sets beside recorded peers"
	@echo "make bench-isolation   what it costs a service to run in a process of its own"
	@echo "make bench-footprint   cores, memory and disk for a number of devices"
	@echo "make bench-external    throughput and cost of external brokers and engines beside the embedded ones"
	@echo "make bench-scale       hosts, memory, disk and network of large sites, simulated with measured costs"
	@echo "make clean             remove what was built (not what was stored in $(DSOTP_DATA))"

run: build
	@exec .build/release/dsotp run manifests/demo

build: tools
	@echo "Building dsotp (release); the first time takes some minutes, later only what changed."
	@$(SWIFT) build -c release $(SWIFT_FLAGS) 2> >(grep -vE 'swift-distributed-tracing' >&2)

tools:
	@scripts/install-packages build

deb: build
	@scripts/install-packages package
	@scripts/make-deb .build/deb

image:
	@$(IMAGE_ENGINE) build -t dsotp:$$(sed -n 's/^appVersion: "\(.*\)"/\1/p' k8s/chart/Chart.yaml) .

test:
	@scripts/install-packages build test package
	@scripts/run-tests unit integration

unit-test:
	@scripts/install-packages build test
	@scripts/run-tests unit

integration-test:
	@scripts/install-packages build test package
	@scripts/run-tests integration

bench: build
	@scripts/install-packages bench
	@Benchmarks/run

bench-grid: tools
	@scripts/install-packages bench
	@$(SWIFT) build -c release $(SWIFT_FLAGS) --product GridBenchmark 2> >(grep -vE 'swift-distributed-tracing' >&2)
	@[ -x .venv-bench/bin/python ] || python3 -m venv .venv-bench
	@.venv-bench/bin/python -m pip install -q --disable-pip-version-check -r Benchmarks/grid/requirements.txt
	@Benchmarks/grid/run

bench-balancing: tools
	@scripts/install-packages bench
	@$(SWIFT) build -c release $(SWIFT_FLAGS) --product BalancingBenchmark 2> >(grep -vE 'swift-distributed-tracing' >&2)
	@[ -x .venv-bench/bin/python ] || python3 -m venv .venv-bench
	@.venv-bench/bin/python -m pip install -q --disable-pip-version-check -r Benchmarks/balancing/requirements.txt
	@Benchmarks/balancing/run

bench-restoration: tools
	@$(SWIFT) build -c release $(SWIFT_FLAGS) --product RestorationBenchmark 2> >(grep -vE 'swift-distributed-tracing' >&2)
	@"$${DSOTP_BUILD:-.build/release}/RestorationBenchmark"

bench-congestion: tools
	@$(SWIFT) build -c release $(SWIFT_FLAGS) --product CongestionBenchmark 2> >(grep -vE 'swift-distributed-tracing' >&2)
	@"$${DSOTP_BUILD:-.build/release}/CongestionBenchmark"

bench-forecast: tools
	@scripts/install-packages bench
	@$(SWIFT) build -c release $(SWIFT_FLAGS) --product ForecastBenchmark 2> >(grep -vE 'swift-distributed-tracing' >&2)
	@[ -x .venv-bench/bin/python ] || python3 -m venv .venv-bench
	@.venv-bench/bin/python -m pip install -q --disable-pip-version-check -r Benchmarks/forecast/requirements.txt
	@.venv-bench/bin/python Benchmarks/forecast/run $(FORECAST_OPTIONS)

bench-isolation: build
	@Benchmarks/isolation/run

bench-footprint: build
	@Benchmarks/footprint/run

bench-external: build
	@scripts/install-packages bench
	@Benchmarks/external/run

bench-scale:
	@Benchmarks/scale/simulate

clean:
	rm -rf .build .venv .venv-bench
