# make serve   build the graph and serve it on http://127.0.0.1:8000
# make test    every check that CI runs
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
TEXTS := $(wildcard ../shared/seeds)

# What speaks HTTP, for the stores that the service may answer from.
STORES := embedded oxigraph virtuoso
HTTP_TESTS := tests/serve tests/catalog/test_service.py tests/catalog/test_golden.py tests/reconcile \
  tests/export/test_publication.py tests/report/test_doors.py

.PHONY: serve build test coverage test-stores lint check audit bench crash-test lock clean

serve: build
	$(BIN)/kg serve --port $(PORT)

build: $(VENV)/.serve
	$(BIN)/kg build

# Hashes pin what is installed; the project itself is installed last, editable, without looking anything up.
$(VENV)/.serve: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.test: $(VENV)/.serve requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

test: $(VENV)/.test lint check audit
	sh tests/browser/install-chromium.sh
	$(BIN)/pytest -q -n 2 --dist loadscope

# Which lines the tests reach; tracing doubles the time, so it stands apart.
coverage: $(VENV)/.test
	$(BIN)/coverage run -m pytest -q
	$(BIN)/coverage report --skip-covered --sort=cover | tail -n 25

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: $(VENV)/.serve
	$(BIN)/kg check --quiet

audit: $(VENV)/.serve
ifeq ($(TEXTS),)
	@echo "SKIPPED: kg audit needs the source texts in ../shared/seeds, which are not here"
else
	$(BIN)/kg audit --texts ../shared/seeds
endif

# The whole HTTP suite on every store; tests/stores/differences.toml says what differs and why.
test-stores: $(VENV)/.test
	for store in $(STORES); do KG_WHOLE_SUITE=1 $(BIN)/python -m pytest -q -n 2 --dist loadscope --store $$store $(HTTP_TESTS) || exit 1; done

bench: $(VENV)/.test
	$(BIN)/python benchmarks/run.py

crash-test: $(VENV)/.test
	$(BIN)/python tests/crash/trials.py

# Lock files name versions and hashes only, never an index.
lock: $(VENV)/.test
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --python-version 3.11 pyproject.toml build-requirements.in -o requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --python-version 3.11 --extra dev --extra pdf pyproject.toml build-requirements.in -c requirements.lock \
	  -o requirements-dev.lock

clean:
	rm -rf $(VENV) var dist .pytest_cache .mypy_cache .ruff_cache .coverage
