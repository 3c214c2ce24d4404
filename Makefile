# make run    start Anlin with a demo estate      make test   everything that must hold
# make bench  the figures, measured here          make words  bring new sentences into the catalogues

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
CATALOGUES := $(wildcard locales/*/LC_MESSAGES/anlin.po)
COMPILED := $(CATALOGUES:.po=.mo)

.PHONY: run test bench words pins clean
.DELETE_ON_ERROR:

run: $(VENV)/.installed $(COMPILED)
	@exec $(BIN)/anlin run --demo

test: $(VENV)/.tested $(COMPILED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m locales check
	$(BIN)/python -m pytest -n 2

bench: $(VENV)/.tested $(COMPILED)
	$(BIN)/python -m tests.bench

words: $(VENV)/.installed
	$(BIN)/python -m locales update

pins: $(VENV)/.tested
	@{ sed -n 1p constraints.txt; $(BIN)/python -m pip freeze --all --exclude pip --exclude-editable; } > constraints.new
	@mv constraints.new constraints.txt

clean:
	rm -rf $(VENV) build anlin.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis $(COMPILED)

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Anlin needs Python 3.11 or newer, and there is no $(PYTHON) here. Another one: make run PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Anlin needs Python 3.11 or newer; this is $$($(PYTHON) --version). Another one: make run PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing Anlin in $(VENV); the first time takes a minute or two."
	@$(PIP) install --constraint constraints.txt setuptools
	@$(PIP) install --constraint constraints.txt --no-build-isolation --editable .
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	@echo "Installing what the tests need."
	@$(PIP) install --constraint constraints.txt --no-build-isolation --editable '.[test]'
	@touch $@

locales/%/LC_MESSAGES/anlin.mo: locales/%/LC_MESSAGES/anlin.po | $(VENV)/.installed
	@$(BIN)/python -m locales compile
