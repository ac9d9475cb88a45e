# Each target first sets up what it needs, in a virtual environment below .venv/ for each version of Python and DEPS.

PYTHON ?= python3
DEPS ?= newest
ARGS ?=

# Empty where this Python won't do.
VERSION := $(shell "$(PYTHON)" -c 'import sys, venv, ensurepip; \
	sys.version_info >= (3, 10) and print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
VENV := .venv/$(VERSION)-$(DEPS)
BIN := $(VENV)/bin

INSTALL-lowest := --constraint tests/lowest.txt
INSTALL-newest := --upgrade --upgrade-strategy eager
PYTHONS-lowest := 3.10 3.11 3.12
PYTHONS-newest = $(VERSION)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test check bench clean

help: ## say what there is to make
	@sed -n 's/^\([a-z]*\): .*## \(.*\)/make \1	\2/p' Makefile
	@echo
	@echo 'PYTHON=python3.13   the Python to use, a name or a path (default: python3)'
	@echo 'DEPS=lowest         the oldest supported Alembic, SQLAlchemy and alembic-utils (default: newest)'
	@echo 'ARGS="-k prefix"    further arguments of pytest, of the demo or of the benchmarks'

demo: $(VENV)/demo.installed ## three services in one database
	$(BIN)/python examples/three_services/demo.py $(ARGS)

test: $(VENV)/test.installed ## the tests, on SQLite, PostgreSQL and, where it is installed, MariaDB
	MIGRAKIT_DEPS=$(DEPS) $(BIN)/python -m pytest -n auto $(ARGS)

check: $(VENV)/check.installed ## style, types and layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/python -m pytest --quiet tests/test_layers.py

bench: $(VENV)/bench.installed ## the benchmarks
	$(BIN)/python -m benchmarks $(ARGS)

clean: ## remove all that was made here
	rm -rf .venv .demo dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/%.installed: $(BIN)/python pyproject.toml $(wildcard tests/$(DEPS).txt)
	$(BIN)/python -m pip install --quiet 'pip>=25.1'
	$(BIN)/python -m pip install --quiet $(INSTALL-$(DEPS)) --editable . --group $*
	@touch $@

$(BIN)/python:
	$(if $(INSTALL-$(DEPS)),,$(error DEPS=$(DEPS) is neither lowest nor newest))
	$(if $(VERSION),,$(error PYTHON=$(PYTHON) won't do ($(shell "$(PYTHON)" --version 2>&1 | head -n 1)): \
		this needs Python 3.10 or newer with venv and ensurepip, as in PYTHON=python3.13))
	$(if $(filter $(PYTHONS-$(DEPS)),$(VERSION)),,$(error DEPS=$(DEPS) is for Python $(PYTHONS-$(DEPS)): \
		SQLAlchemy 2.0.0 does not import on $(VERSION)))
	"$(PYTHON)" -m venv --clear $(VENV)
