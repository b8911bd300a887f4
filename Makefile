# Every target sets up what it needs; `make help` lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null)
BIN := .venv/bin
BIN3 := .venv-openai3/bin
BINC := .venv-compat/bin

# install FOLDER LOCK: an environment of exactly what the lock names, then the project itself without dependencies.
ifdef UV
install = $(UV) venv --quiet --allow-existing --python $(PYTHON) $(1) \
	&& $(UV) pip sync --quiet --require-hashes --python $(1)/bin/python $(2) \
	&& $(UV) pip install --quiet --no-deps --no-build-isolation --python $(1)/bin/python --editable .
else
install = $(PYTHON) -m venv $(1) \
	&& $(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(2) \
	&& $(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endif

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: .venv/.done ## the environment, and nothing else

.venv/.done: requirements/main.txt pyproject.toml
	@echo "setting up .venv (a minute or two the first time)"
	@$(call install,.venv,$<)
	@touch $@

.venv-openai3/.done: requirements/openai3.txt pyproject.toml
	@echo "setting up .venv-openai3: the newest SDKs, without litellm"
	@$(call install,.venv-openai3,$<)
	@touch $@

.venv-local/.done: requirements/local.txt pyproject.toml
	@echo "setting up .venv-local: what writes models for llama.cpp"
	@$(call install,.venv-local,$<)
	@touch $@

.llama/llama-server: requirements/llama.txt tests/local/build.sh
	@echo "building llama.cpp's server (about eight minutes, once; needs cmake, ninja and a C++ compiler)"
	@tests/local/build.sh $(@D)
	@touch $@

.venv-compat/.done: requirements/compat.txt pyproject.toml
	@echo "setting up .venv-compat: clients that other people wrote"
	@$(call install,.venv-compat,$<)
	@touch $@

tests/compat/node/node_modules/.done: tests/compat/node/package-lock.json
	@echo "setting up npm's clients, Claude Code and Codex among them (1 GB)"
	@cd tests/compat/node && npm ci --silent
	@touch $@

.PHONY: drill
drill: setup ## the main job: rehearse the loss of every provider in providers.yaml
	@$(BIN)/modelrouter drill

.PHONY: test
test: setup .venv-openai3/.done .venv-compat/.done ## every test, the doors also under the newest SDKs and other people's clients
	@$(BIN)/python -m pytest --quiet --numprocesses 2 --dist worksteal -m "not alone"
	@$(BIN)/python -m pytest --quiet -m alone
	@$(MAKE) --no-print-directory --output-sync=target --jobs=2 test-sdks test-clients

.PHONY: test-sdks test-clients
test-sdks: .venv-openai3/.done
	@$(BIN3)/python -m pytest --quiet tests/client

test-clients: .venv-compat/.done
	@$(BINC)/python -m pytest --quiet --ignore=tests/compat/node tests/compat

RECORD := .compat-record.jsonl

.PHONY: compat
compat: .venv-openai3/.done .venv-compat/.done tests/compat/node/node_modules/.done ## other people's clients, npm's and whole agents too, over every pair of wires
	@rm -f $(RECORD)
	-@$(BINC)/python -m pytest --quiet --every-pair --record=$(RECORD) --ignore=tests/compat/node tests/compat
	-@$(BIN3)/python -m pytest --quiet --every-pair --record=$(RECORD) tests/compat/test_clients.py
	-@$(BINC)/python -m pytest --quiet --every-pair --record=$(RECORD) tests/compat/node
	@$(BINC)/python tests/compat/table.py $(RECORD) docs/compatibility.md

.PHONY: check
check: lint types test ## what CI runs

SEEDS ?= 10000

.PHONY: simulate
simulate: setup ## the whole system in simulated time, SEEDS=10000 different lives (nightly)
	@$(BIN)/python -m tests.simulation --seeds $(SEEDS)

STREAMS ?= 100000

.PHONY: streams
streams: setup ## STREAMS=100000 event streams at random, in blocks at random (nightly)
	@STREAMS=$(STREAMS) SEED=$$(date +%s) $(BIN)/python -m pytest --quiet tests/wire/test_streams_at_random.py

KILLS ?= 1000

.PHONY: kills
kills: setup ## KILLS=1000 gateways killed under load: nothing that was acknowledged is lost (nightly)
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT \
		&& $(BIN)/python tests/recording/killing.py "$$folder/killed" --kills $(KILLS) --seed $$(date +%s)

MINUTES ?= 10

.PHONY: outage
outage: setup ## PostgreSQL away for MINUTES=10 at 200 requests a second: nobody waits, nothing is lost (nightly)
	@PYTHONPATH=tests:. $(BIN)/python -m ledger.outage --minutes $(MINUTES)

HOPS ?= 100000

.PHONY: hops
hops: setup ## HOPS=100000 calls over inventories at random, and as many judgements, by two readers that share no code (nightly)
	@PYTHONPATH=tests $(BIN)/python -m audit.hops --hops $(HOPS)
	@PYTHONPATH=tests $(BIN)/python -m audit.agreement --triples $(HOPS)

.PHONY: aralia
aralia: setup ## published fault trees, solved: FOLDER=… holds input/Aralia of github.com/rakhimov/scram (GPL, not ours to hand out)
	@$(BIN)/python -m pytest --quiet --numprocesses 0 --durations=30 tests/continuity/test_aralia.py --aralia "$(FOLDER)"

.PHONY: lint
lint: setup ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

.PHONY: types
types: setup ## mypy, strict
	@$(BIN)/mypy

.PHONY: serve
serve: setup ## the gateway on loopback, for providers.yaml
	@$(BIN)/modelrouter serve

.PHONY: docs
docs: setup ## write the generated pages and parts of pages anew
	@$(BIN)/modelrouter schema --write docs/providers.schema.json
	@$(BIN)/python docs/generate.py
	@PYTHONPATH=tests $(BIN)/python -m crosswire docs/wires.md

.PHONY: battery
battery: setup ## every way to fail, over real sockets, through both doors (about five minutes; needs openssl)
	@PYTHONPATH=tests $(BIN)/python -m battery --markdown docs/battery.md

.PHONY: local
local: .venv-local/.done .llama/llama-server ## the tests with a real llama.cpp server (builds it the first time)
	@LLAMA_SERVER=$(CURDIR)/.llama/llama-server .venv-local/bin/python -m pytest tests/local

.PHONY: bench
bench: setup .venv-openai3/.done ## what a call costs, beside others in the same run (under five minutes)
	-@$(BIN)/python -m benchmarks.imports
	@$(BIN)/python -m benchmarks.decision
	@$(BIN)/python -m benchmarks.classify
	@$(BIN)/python -m benchmarks.run

.PHONY: bench-peer
bench-peer: ## TensorZero in an environment of its own, so that `make bench` measures it too
	@$(PYTHON) -m venv benchmarks/results/tensorzero
	@benchmarks/results/tensorzero/bin/python -m pip install --quiet --disable-pip-version-check --requirement benchmarks/peers.txt

.PHONY: lock
lock: setup ## resolve the locks anew (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --upgrade --extra all --extra dev pyproject.toml --output-file requirements/main.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --upgrade --extra openai --extra gateway --extra speed --extra dev \
		--constraint requirements/openai3.in pyproject.toml --output-file requirements/openai3.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --upgrade --extra openai --extra gateway --extra speed \
		pyproject.toml requirements/compat.in --output-file requirements/compat.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" --upgrade --extra openai --extra anthropic --extra gateway --extra speed --extra dev \
		--constraint requirements/main.txt pyproject.toml requirements/local.in --output-file requirements/local.txt

.PHONY: clean
clean: ## remove what the other targets made
	rm -rf .venv .venv-openai3 .venv-local .llama drill-report .mypy_cache .ruff_cache .pytest_cache .hypothesis
