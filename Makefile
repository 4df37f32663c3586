# One command each: `make demo` asks the assistant a real question, `make test` checks everything.
# Both create .venv and install what they need; nothing but python3, make and a package index.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# Two numerical libraries spinning on the same few cores starve each other.
export OMP_WAIT_POLICY ?= PASSIVE

.PHONY: demo test lint bench docs format clean help

help:
	@echo "make demo    set up and ask the assistant one real question (about five minutes)"
	@echo "make test    set up, lint, and pass the tests"
	@echo "make lint    ruff, mypy and the import rules"
	@echo "make bench   run the benchmarks; results go to benchmarks/results/"
	@echo "make docs    write the reference pages and build the documentation into site/"
	@echo "make format  let ruff fix and format the code"
	@echo "make clean   remove the environment and everything built"

demo: $(VENV)/.installed
	ANSATZ_HOME="$(CURDIR)/.ansatz" $(BIN)/ansatz chat --model offline --yes \
	  "Does EL2N pruning beat random pruning on digits if I keep half of the training set?"

test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n auto --dist worksteal --cov --cov-report=term:skip-covered tests

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/run.py

docs: $(VENV)/.installed-dev
	$(BIN)/python docs/build.py
	$(BIN)/mkdocs build --strict

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) site build dist .pytest_cache .mypy_cache .ruff_cache .coverage*

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Ansatz needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet --editable ".[dev,finetune,inspect,mlflow,pdf,ray]"
	@touch $@ $(VENV)/.installed
