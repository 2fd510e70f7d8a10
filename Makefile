# Everything here works on a machine with Python 3.11+ and make; no root, no services, no compiler.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test test-fast check bench docs lock clean

help:  ## What can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

demo: $(VENV)/.ready  ## The main job on the sample workspace, then the console (DEMO_ONCE=1 ends after the report)
	$(BIN)/nurture demo $(if $(DEMO_ONCE),--once)

test: $(VENV)/.ready-dev  ## The whole test suite, real Redis and PostgreSQL included
	$(BIN)/pytest -n 2 --dist loadgroup

test-fast: $(VENV)/.ready-dev  ## The part that needs no other process, in under a minute
	$(BIN)/pytest -n 2 --dist loadgroup -m "not slow"

check: $(VENV)/.ready-dev  ## Style, types and the import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.ready-dev  ## Measure: rendering, segments, import, SMTP; each prints ratios of one run (minutes)
	$(BIN)/python benchmarks/render.py
	$(BIN)/python benchmarks/send_smtp.py
	$(BIN)/python benchmarks/import.py
	$(BIN)/python benchmarks/segments.py

docs: $(VENV)/.ready  ## Write the reference of commands anew
	$(BIN)/python -m nurture.cli.reference > docs/cli.md

lock: $(VENV)/.ready-dev  ## Pin every dependency anew, with hashes
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --group build -o requirements.lock
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --group build --group dev -o requirements-dev.lock

LOCK := --quiet --upgrade --universal --generate-hashes --no-annotate --python-version 3.11 \
	--custom-compile-command "make lock"

clean:  ## Forget the environment and everything the demo made
	rm -rf $(VENV) .demo build *.egg-info

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "nurture needs Python 3.11 or newer. Say which: make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what nurture stands on (one to two minutes) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock
	@echo "Installing what the tests need, Redis and PostgreSQL included (one to two minutes) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
