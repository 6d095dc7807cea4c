# Two commands on a fresh machine: `make run` and `make test`. Everything they need goes into .venv.

PYTHON ?= python3
BIN := .venv/bin
LOCK := .ci/constraints.txt
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint $(LOCK)

.PHONY: run test train bench pictures clean

run: .venv/.serving ## the bot; without DISCORD_TOKEN the demo community opens
	@if [ -n "$$DISCORD_TOKEN" ]; then exec $(BIN)/aftercare run; else exec $(BIN)/aftercare demo; fi

test: .venv/.testing ## lint, types, and every test with branch coverage
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report --fail-under=85

train: .venv/.testing ## fine-tune a new model version from the corpus
	$(BIN)/aftercare train

pictures: .venv/.serving ## the README's screenshots, taken from the demo with Chromium
	$(BIN)/python -m bot.demo.pictures

bench: .venv/.testing ## speed and memory, as one table
	$(BIN)/python -m benchmarks

clean: ## forget the environment and every cache
	rm -rf .venv .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis build *.egg-info

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Aftercare needs Python 3.11 or later; found $$($(PYTHON) --version). Set PYTHON=/path/to/python3.11."; exit 1; }
	@$(PYTHON) -m venv .venv \
	  || { echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

.venv/.serving: .venv/bin/python pyproject.toml $(LOCK)
	@echo "Setting up Aftercare in .venv (once; about a minute) ..."
	@$(PIP) --editable ".[demo]"
	@touch $@

.venv/.testing: .venv/bin/python pyproject.toml $(LOCK)
	@echo "Setting up Aftercare and its test tools in .venv (once; a few minutes) ..."
	@$(PIP) --editable ".[test]"
	@touch $@ .venv/.serving
