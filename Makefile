# The same words on a laptop and in CI.  make run · test · test-fast · test-nightly · check · bench · texts · lock
PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3))
BIN := .venv/bin
PORT ?= 8501
WORKERS ?= 3
# Where this is set, as in many container images, each process that the tests start compiles the program anew.
export PYTHONDONTWRITEBYTECODE :=
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# Where there is no NVIDIA GPU, torch's build for CPUs does, with 5 GB less. uv chooses by the GPU, pip is told; both need
# PyTorch's own index. Where that does not answer within seconds, or has not got it, the ordinary index serves.
# uv takes half the time of pip; where it cannot work, as behind some proxies, pip does.
UV := uv==0.13.9
CPU_TORCH := https://download.pytorch.org/whl/cpu
reached = $(BIN)/python -c "from urllib.request import urlopen; urlopen('$(CPU_TORCH)/torch/', timeout=5)"
uv = $(PIP) $(UV) && $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -r $(1)
pip_cpu = ! nvidia-smi && $(PIP) --extra-index-url $(CPU_TORCH) -r $(1)
install = { $(reached) && { { $(uv) --torch-backend=auto; } || { $(pip_cpu); }; }; } >/dev/null 2>&1 \
	|| { $(uv); } || $(PIP) -r $(1)

# torch, torchvision and what only their CUDA build needs: not in the lock, see Dockerfile.
UNLOCKED := torch torchvision triton $(addprefix cuda-,bindings pathfinder toolkit) $(addprefix nvidia-, \
	cublas cuda-cccl cuda-cupti cuda-nvrtc cuda-runtime cudnn-cu13 cufft cufile cusolver cusparse \
	cusparselt-cu13 nccl-cu13 nvjitlink nvshmem-cu13 nvtx)

.PHONY: run test test-fast test-nightly check bench texts lock clean

run: .venv/installed
	$(BIN)/streamlit run src/app.py --server.port $(PORT)

test: .venv/installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --basetemp "$$(mktemp -d)"  # short: a socket's path has 107 bytes

# Left out: tests that drive a browser, that start the web server or draw its screens, and those marked `slow`: all of
# tests/safety, the laws over random galleries, whole runs of the pipeline and the command line, large libraries, Ray,
# exiftool, training, networks, full-size renditions, downloads, the wheel, and the sample photos.
FAST := not browser and not server and not slow
test-fast: .venv/installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "$(FAST)" --basetemp "$$(mktemp -d)"

# All tests in their large amounts: hours. UNIPIC_LEDGER=FILE has them append what they counted.
test-nightly: .venv/installed-dev
	UNIPIC_NIGHTLY=1 $(BIN)/python -m pytest --basetemp "$$(mktemp -d)"

check: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/installed-dev
	$(BIN)/python -m benchmarks all

# The catalogues of src/unipic/locale, after texts were added or changed, or a translation was corrected.
texts: .venv/installed-dev
	PYTHONPATH=src $(BIN)/python -m unipic.locale

# What the container installs but torch: every package at one version and by its sha256, for each Python and system.
lock: .venv/bin/python
	$(PIP) $(UV)
	$(BIN)/uv pip compile --quiet requirements.txt --output-file requirements.lock --generate-hashes --universal \
		--python-version 3.11 --no-config --no-emit-index-url --no-emit-find-links \
		$(addprefix --no-emit-package ,$(UNLOCKED)) --custom-compile-command "make lock"

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
