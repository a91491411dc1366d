# `make` lists the targets. Needs make and Python 3.10 or newer; everything else goes into .venv/.

PYTHON ?= python3
IMAGE ?= examples/site-cannot-be-reached.png
PRESET ?= nano
PIP_ARGS ?=

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(PIP_ARGS)
INPUTS := pyproject.toml constraints.txt

.DEFAULT_GOAL := help
.PHONY: help caption demo test hold lint format system fonts captures train eval clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

caption: .venv/.base ## set up, then caption a screenshot (IMAGE=path)
	@$(BIN)/python -m mmgpt.caption $(IMAGE)

demo: .venv/.demo ## set up, then show the page at http://127.0.0.1:7860
	@$(BIN)/python app.py

test: system .venv/.test ## what must hold: style, types, tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m pytest -m "not hold"

hold: system .venv/.test ## the service under bad inputs, fuzzing, load and faults (many minutes)
	$(BIN)/python -m pytest -m hold

lint: .venv/.test ## style and types only
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: .venv/.test ## rewrite the sources in the house style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

fonts: .venv/.test ## fetch further typefaces from npm into the cache, for training
	$(BIN)/python -m train.data.render.npm_fonts

captures: system .venv/.test ## take the real screenshots that are missing (Debian, root)
	$(BIN)/python -m train.data.capture --out tests/data/real --missing

train: .venv/.test ## train everything, from nothing, into runs/PRESET; it can be interrupted (PRESET=debug: three minutes)
	$(BIN)/python -m mmgpt.cli train all --preset $(PRESET) --out runs/$(PRESET)

eval: .venv/.test ## measure the shipped weights, and the other readers beside them
	$(BIN)/python -m mmgpt.cli eval

clean: ## remove .venv and caches; runs/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

# Packages of the system: as root on Debian they are installed; elsewhere tests use what is there.
system:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then PYTHON=$(PYTHON) bash scripts/install_debian.sh; \
	else echo "not root on Debian: using the fonts and programs that are installed (see scripts/install_debian.sh)" >&2; fi

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "Python 3.10 or newer is needed; name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { \
	  echo "Could not make .venv. On Debian: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

.venv/.base: .venv/.made $(INPUTS)
	@echo "installing mmgpt into .venv (the first time takes some minutes)" >&2
	@$(PIP) -e .
	@touch $@

.venv/.demo: .venv/.made $(INPUTS)
	@echo "installing mmgpt and its page into .venv (the first time takes some minutes)" >&2
	@$(PIP) -e '.[demo]'
	@touch $@ .venv/.base

.venv/.test: .venv/.made $(INPUTS)
	$(PIP) -e '.[test,hub,train,data,peers,captures,serve,demo,scale]'
	@touch $@ .venv/.base .venv/.demo
