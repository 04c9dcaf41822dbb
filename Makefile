# make demo    the product with six simulated plants; Ctrl-C ends it and leaves nothing behind
# make check   lint, format, types, architecture and every test; for the web view's tests it needs Chromium
# make setup   what both need: .venv with the locked packages, and Mosquitto
#
# Each can be run again in seconds: .venv/.ready is newer than the lock file only when all is installed.

.DEFAULT_GOAL := help
.PHONY: help demo check setup openssh mosquitto chromium lint types test
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
# PYTHON=/path/to/python make setup chooses another one.
PYTHON ?=
# Three test processes, each with a PostgreSQL of its own, suit two cores: a third of the time tests wait for something.
TEST_PROCESSES ?= 3

help:
	@sed -n 's/^# make/make/p' Makefile

demo: setup
	@$(BIN)/plantops demo

check: lint types test

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup
	$(BIN)/mypy

test: setup chromium openssh
	$(BIN)/pytest -n $(TEST_PROCESSES)

setup: $(VENV)/.ready mosquitto

# Debian's packages, installed as root or with sudo, which is said before.
# Lists of packages may be missing or stale, so they are fetched only when the first attempt fails.
define apt_install
	if ! command -v apt-get >/dev/null; then \
	  echo "PlantOps needs $(2). This system has no apt-get: install it yourself, then run make again." >&2; exit 1; \
	fi; \
	if [ "$$(id -u)" -eq 0 ]; then as_root=env; elif command -v sudo >/dev/null; then as_root="sudo env"; else \
	  echo "PlantOps needs $(2). Run as root: apt-get install $(1)   Then run make again." >&2; exit 1; \
	fi; \
	echo "==> Installing $(2): $$as_root apt-get install $(1)"; \
	get="$$as_root DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120"; \
	$$get install -y --no-install-recommends $(1) >/dev/null 2>&1 || \
	  { $$get update && $$get install -y --no-install-recommends $(1); } || \
	  { echo "apt-get could not install $(1); its message is above." >&2; exit 1; }
endef

mosquitto:
	@PATH="$$PATH:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"; command -v mosquitto >/dev/null || { \
	  $(call apt_install,mosquitto,the MQTT broker Mosquitto); \
	}

# Only tests open a browser: the demo runs without one.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { \
	  $(call apt_install,chromium,the browser Chromium for the tests of the web view); \
	}

# The tests log in with real clients from real terminals, at our own door and at a private server; no service of the
# system is used.
openssh:
	@PATH="$$PATH:/usr/sbin:/usr/local/sbin"; { command -v ssh && command -v scp && command -v sshd && command -v tmux; } >/dev/null || { \
	  $(call apt_install,openssh-client openssh-server tmux,OpenSSH and tmux for the tests); \
	}

# The first of these that is 3.11 or newer.
define choose_python
	python=; for candidate in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); do \
	  if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "PlantOps needs Python 3.11 or newer, and found none$(if $(PYTHON), in PYTHON=$(PYTHON))." >&2; \
	  echo "Install one (on Debian 12+ or Ubuntu 24.04+: apt-get install python3 python3-venv), or name it: make setup PYTHON=/path/to/python3" >&2; \
	  exit 1; \
	fi
endef

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(choose_python); \
	$$python -c 'import ensurepip' 2>/dev/null || { \
	  version=$$($$python -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	  $(call apt_install,$$version,the module venv of Python); \
	}; \
	if ! $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	  echo "==> Making $(VENV) with $$($$python --version)"; $$python -m venv --clear $(VENV); \
	elif ! $(BIN)/python -c 'import pip' 2>/dev/null; then \
	  $(BIN)/python -m ensurepip >/dev/null; \
	fi
	@echo "==> Installing the packages of requirements.lock into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
