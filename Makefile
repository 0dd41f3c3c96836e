# make serve, make test and make lint each do all of their own set-up, in .venv. Needed: Python 3.11+, git, make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVE ?=
MINUTES ?= 10
WRITE ?=
CASES ?= 20000
BENCH ?=

.PHONY: serve test nightly fuzz bench lint contract-page security audit soak clean
.DELETE_ON_ERROR:

serve: $(VENV)/serve.stamp ## start the mock; more flags with SERVE="--rpm 5"
	@exec $(BIN)/minimax-mock serve $(SERVE)

test: $(VENV)/test.stamp $(VENV)/node.stamp ## run every test
	$(BIN)/python -m pytest -n auto --dist worksteal -q

nightly: $(VENV)/test.stamp $(VENV)/node.stamp ## every broken subject on every case, 200,000 cases of fuzzing, the flake check: over an hour
	PYTHON=$(BIN)/python scripts/nightly.sh

fuzz: $(VENV)/test.stamp ## fuzzing alone: CASES=20000 SEED=1 repeats a run
	$(BIN)/python -m tests.fuzz --cases $(CASES) $(if $(SEED),--seed $(SEED))

bench: $(VENV)/test.stamp ## measure the mock beside its peers and write docs/benchmarks.md: ten minutes
	@$(BIN)/python -m benchmarks $(BENCH)

lint: $(VENV)/lint.stamp ## types, style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

contract-page: $(VENV)/serve.stamp ## write docs/contract.md anew, after a change in openapi/
	$(BIN)/minimax-mock contract --format markdown > docs/contract.md.new
	mv docs/contract.md.new docs/contract.md

security: $(VENV)/test.stamp $(VENV)/audit.stamp ## every suite about security, and the table of SECURITY.md; WRITE=1 puts it there
	$(BIN)/python -m benchmarks.security $(VENV)/audit/bin/pip-audit $(if $(WRITE),--write)

audit: $(VENV)/test.stamp $(VENV)/audit.stamp ## known vulnerabilities in what is installed, where that can be asked
	$(BIN)/python -m benchmarks.security.audit $(VENV)/audit/bin/pip-audit

soak: $(VENV)/serve.stamp ## everything at once for ten minutes, or MINUTES=1: does anything grow?
	$(BIN)/python -m benchmarks.soak --minutes $(MINUTES)

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache

# Debian ships Python without the part that makes virtual environments; it is installed here where that is possible.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "minimax-mock needs Python 3.11 or newer; set PYTHON=python3.11 or the like" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { \
	  rm -rf $(VENV); \
	  if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null; fi; \
	  $(PYTHON) -m venv $(VENV) || { echo "install the venv module of Python first: apt-get install python3-venv" >&2; exit 2; }; }

$(VENV)/serve.stamp: pyproject.toml $(BIN)/python
	@echo "minimax-mock: setting up $(VENV), which takes about half a minute" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . >&2
	@touch $@

$(VENV)/test.stamp: pyproject.toml $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@ $(VENV)/serve.stamp

$(VENV)/lint.stamp: pyproject.toml $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,lint]'
	@touch $@ $(VENV)/serve.stamp $(VENV)/test.stamp

# In an environment of its own, so that it is not among what it looks at.
$(VENV)/audit.stamp: $(BIN)/python
	@$(PYTHON) -m venv $(VENV)/audit && $(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check 'pip-audit>=2.10' \
	  && touch $@ || echo "audit: pip-audit cannot be installed here" >&2

# The published JavaScript clients that the tests run, with what it and the README's session need from Debian.
$(VENV)/node.stamp: tests/strangers/package.json $(BIN)/python
	@missing=""; for tool in node npm curl; do command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	if [ -n "$$missing" ]; then \
	  if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq nodejs npm curl >/dev/null; \
	  else echo "install first:$$missing (Debian: apt-get install nodejs npm curl)" >&2; exit 2; fi; fi
	@mkdir -p $(VENV)/node && cp tests/strangers/package.json $(VENV)/node/
	cd $(VENV)/node && npm install --silent --no-audit --no-fund --ignore-scripts
	@touch $@
