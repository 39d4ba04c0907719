# The same words on a laptop and in CI.  make run · test · test-nightly · check · bench · lock
PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3))
BIN := .venv/bin
PORT ?= 8501
WORKERS ?= 2

.PHONY: run test test-nightly check bench lock clean

run: .venv/installed
	$(BIN)/streamlit run src/app.py --server.port $(PORT)

test: .venv/installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --basetemp "$$(mktemp -d)"  # short: a socket's path has 107 bytes

# The safety tests in their large amounts: hours. UNIPIC_LEDGER=FILE has them append what they counted.
test-nightly: .venv/installed-dev
	UNIPIC_NIGHTLY=1 $(BIN)/python -m pytest tests/safety tests/test_hostile.py tests/test_laws.py

check: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/installed-dev
	$(BIN)/python -m benchmarks all

# What the container installs: every package at one version and by its sha256, for each Python and system we serve.
lock: .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	$(BIN)/uv pip compile requirements.txt --output-file requirements.lock --generate-hashes --universal \
		--python-version 3.11 --no-config --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock"

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@
