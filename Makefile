# ArOps. `make run` is all it takes; `make help` lists the rest.
# PYTHON=python3.12 make run    another Python (3.11 or later)
# PORT=8001 make run            another port

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3.11
VENV ?= .venv
# Processes that share the tests, each with a database of its own.
WORKERS ?= 2
PY := $(VENV)/bin/python
LOCK := $(PY) -m uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-annotate --no-header

# Where there is no python3.11, any python3 will do that is new enough; the doctor says so if it isn't.
ifeq ($(shell command -v $(PYTHON) 2>/dev/null),)
PYTHON := python3
endif

.PHONY: help
help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make run PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)

# The stamps hold what is installed: unchanged pins cost nothing.
$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@if ! cmp -s requirements.txt $@; then \
	  echo "Installing the locked dependencies into $(VENV)"; \
	  $(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt; fi
	@cp requirements.txt $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@if ! cmp -s requirements-dev.txt $@; then \
	  echo "Installing the locked development dependencies into $(VENV)"; \
	  $(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt; fi
	@cp requirements-dev.txt $@

.PHONY: install
install: $(VENV)/.installed ## The virtual environment with the locked dependencies

.PHONY: install-dev
install-dev: $(VENV)/.installed-dev

.PHONY: run
run: install ## Everything: servers, demo company, web, worker, beat; Ctrl-C stops all
	@exec $(PY) -m arops.run start

.PHONY: stop
stop: install ## Stop what `make run` started, from another terminal
	@$(PY) -m arops.run stop

.PHONY: status
status: install ## Does it run?
	@$(PY) -m arops.run status || true

.PHONY: doctor
doctor: install ## What this machine lacks, and what to do about it
	@$(PY) -m arops.doctor

.PHONY: reset
reset: stop ## Delete the embedded database and its files for good (asks; YES=1 doesn't)
	@if [ "$${YES:-}" != 1 ]; then read -r -p "Delete the database of $${AROPS_VAR_DIR:-var} for good? [y/N] " answer; [ "$$answer" = y ]; fi
	@$(PY) -m arops.embedded remove --dir "$${AROPS_VAR_DIR:-var}"
	@rm -rf "$${AROPS_VAR_DIR:-var}/valkey" "$${AROPS_VAR_DIR:-var}/run"

.PHONY: backup
backup: install ## A dump of the database into var/backups (docs/how-to/backup.md)
	@$(PY) -m arops.backup create

.PHONY: shell
shell: install ## A Python shell with the models
	@$(PY) -m arops.run.manage shell

.PHONY: manage
manage: install ## Any management command on the running installation: make manage ARGS="verify_books"
	@$(PY) -m arops.run.manage $(ARGS)

.PHONY: test
test: install-dev ## Every test, on real servers (ARGS="-k promise" for some)
	@$(PY) -m arops.doctor --tests
	@env -u DJANGO_SETTINGS_MODULE $(PY) -m pytest -n $(WORKERS) $(ARGS)

.PHONY: pictures
pictures: install-dev ## The README's pictures, from the demo that `make run` serves
	@$(PY) -m docs.pictures $(ARGS)

.PHONY: lint
lint: install-dev ## ruff, mypy, import-linter
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy .
	$(VENV)/bin/lint-imports

.PHONY: lock
lock: install ## Resolve requirements*.in into names, versions and hashes
	@$(PY) -m pip install -q --disable-pip-version-check uv
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) requirements-dev.in -o requirements-dev.txt
