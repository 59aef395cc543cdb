# Two commands are all a newcomer needs: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV := $(shell command -v uv 2>/dev/null)
SMOKE := build/smoke
# Tests wait for servers and processes half of the time: one worker more than there are cores.
CHROMIUM ?= chromium
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
# What we are measured against is in no lock.
ifeq ($(UV),)
PEERS := $(BIN)/python -m pip install --quiet --group bench
else
PEERS := VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --group bench
endif

# Tests start hundreds of processes: where Python may keep no bytecode, each of them would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install demo test lint bench bench-fleet bench-loop bench-slack chaos bench-peers pictures parity lock clean wheel-smoke

help:  ## Show what there is.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/'

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Stickshaker needs Python 3.11 or newer; call make with PYTHON=python3.12 or the like."; exit 2; }
	$(PYTHON) -m venv $(VENV)
ifeq ($(UV),)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
else
	VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes -r requirements-dev.lock
	VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --no-build-isolation -e .
endif
	@touch $@

install: $(STAMP)  ## Install everything into .venv from the hashed lock; leaves .venv/bin/stickshaker.

demo: $(STAMP)  ## Play thirty weeks of an invented firm on an embedded store, and tell what happened.
	$(BIN)/stickshaker demo

test: $(STAMP)  ## Run every test and hold the coverage bounds.
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --cov --cov-report=
	$(BIN)/python -m coverage report --fail-under=90
	$(BIN)/python -m coverage report --include='bot/*' --fail-under=95

lint: $(STAMP)  ## Check style, types, import contracts and dependencies.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml

bench: $(STAMP)  ## Measure speed, each figure as a ratio to a limit in the same run (about nine minutes; installs Microsoft's adapter of bots).
	$(BIN)/python tests/bench/bench.py
	$(BIN)/python tests/bench/detection.py
	$(BIN)/python tests/bench/ingest.py
	$(BIN)/python tests/bench/ingress.py
	$(BIN)/python tests/bench/scale.py
	$(BIN)/python tests/bench/delivery.py
	$(BIN)/python tests/bench/slack.py
	-$(PEERS)
	$(BIN)/python tests/bench/teams.py

chaos: $(STAMP)  ## Ten thousand messages in a long storm, a thousand each over a Cluster and a Sentinel, a thousand each by Slack and by Teams (about an hour).
	STICKSHAKER_CHAOS_REAL=1000 STICKSHAKER_CHAOS_KILLS=29 STICKSHAKER_CHAOS_REAL_STRIKES=2 STICKSHAKER_CHAOS_OUTREACH=10000 STICKSHAKER_CHAOS_LESS=10 STICKSHAKER_TEST_STORE=all STICKSHAKER_CHAOS_STRIKES=8 $(BIN)/python -m pytest -s tests/chaos

wheel-smoke: $(STAMP)  ## Build the wheel, install it in a fresh venv and run it from elsewhere.
	rm -rf $(SMOKE) && mkdir -p $(SMOKE)/elsewhere
	$(BIN)/python -m build --quiet --wheel --no-isolation --outdir $(SMOKE)
	$(BIN)/python -m venv $(SMOKE)/venv
	$(SMOKE)/venv/bin/python -m pip install --quiet --upgrade pip
	$(SMOKE)/venv/bin/python -m pip install --quiet $(SMOKE)/stickshaker-*.whl
	cd $(SMOKE)/elsewhere && STICKSHAKER_DATA_DIR=$$PWD/data ../venv/bin/stickshaker check

bench-loop: $(STAMP)  ## Live a year of a simulated firm with the loop, with reminders alone and in silence.
	$(BIN)/python tests/bench/loop.py $(ARGS)

bench-slack: $(STAMP)  ## Send a burst of 1,000 direct messages at our own pace to a Slack that refuses a fifth (about six minutes).
	$(BIN)/python tests/bench/slack.py --burst 1000

bench-peers: $(STAMP)  ## Measure detection against peers on simulated pilots, by day and by week (installs ruptures and river).
	$(PEERS)
	$(BIN)/python tests/bench/peers/run.py $(ARGS)
	$(BIN)/python tests/bench/peers/run.py --grain week $(ARGS)

bench-fleet: $(STAMP)  ## Judge the demo fleet of fifty seeds: found, missed, false.
	$(BIN)/python tests/bench/fleet.py

parity: $(STAMP)  ## Write docs/parity.md from the tests that run in each chat.
	$(BIN)/python tests/parity_page.py

pictures: $(STAMP)  ## Render what people see in Slack and Teams into docs/pictures (a development aid: needs npm and Chromium).
	mkdir -p build/pictures docs/pictures
	cd build/pictures && npm init -y >/dev/null && npm install --silent slack-blocks-to-jsx@1.1.1 react@18 react-dom@18 \
		adaptivecards@3.0.6 upng-js@2.1.0
	$(BIN)/python tests/pictures/slack_scenes.py build/pictures/slack.json
	$(BIN)/python tests/pictures/teams_scenes.py build/pictures/teams.json
	cd build/pictures && node $(CURDIR)/tests/pictures/render_slack.mjs slack.json $(CURDIR)/docs/pictures $(CHROMIUM)
	cd build/pictures && node $(CURDIR)/tests/pictures/render_teams.mjs teams.json $(CURDIR)/build/pictures/teams \
		$(CURDIR)/docs/pictures $(CHROMIUM)

lock: $(STAMP)  ## Renew the hashed lock (needs uv).
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--no-annotate --group dev pyproject.toml -o requirements-dev.lock

clean:  ## Remove what was built.
	rm -rf $(VENV) build dist .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis
