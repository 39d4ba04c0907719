# The same words on a laptop and in CI.  make run · test · test-nightly · check · bench · lock
PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3))
BIN := .venv/bin
PORT ?= 8501
WORKERS ?= 2
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# uv takes half the time of pip; where it cannot work, as behind some proxies, pip does.
UV := uv==0.13.9
install = $(PIP) $(UV) && $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -r $(1) || $(PIP) -r $(1)

.PHONY: run test test-nightly check bench lock clean

run: .venv/installed
	$(BIN)/streamlit run src/app.py --server.port $(PORT)

test: .venv/installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --basetemp "$$(mktemp -d)"  # short: a socket's path has 107 bytes

# All tests in their large amounts: hours. UNIPIC_LEDGER=FILE has them append what they counted.
test-nightly: .venv/installed-dev
	UNIPIC_NIGHTLY=1 $(BIN)/python -m pytest --basetemp "$$(mktemp -d)"

check: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/installed-dev
	$(BIN)/python -m benchmarks all

# What the container installs: every package at one version and by its sha256, for each Python and system we serve.
lock: .venv/bin/python
	$(PIP) $(UV)
	$(BIN)/uv pip compile requirements.txt --output-file requirements.lock --generate-hashes --universal \
		--python-version 3.11 --no-config --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock"

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python requirements.txt
	$(call install,requirements.txt)
	touch $@

.venv/installed-dev: .venv/installed requirements-dev.txt
	$(call install,requirements-dev.txt)
	touch $@
