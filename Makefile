# Each word does its own set-up. A machine needs Python 3.11 or newer and make, nothing else.
#
#   make run     start everything: http://127.0.0.1:8000 (KIANDA_PORT=... for another port)
#   make test    the whole suite
#   make quick   the tests that need neither a browser nor running products: two minutes
#   make lint    style, spelling, types, import rules, missing migrations, settings of production
#   make chaos   bad days in their long form: kills, outages, full disks, clocks (fifteen minutes)
#   make plain   the quick tests on the plain ORM, as CONTRIBUTING.md says
#   make coverage  how much the quick tests run through; there is a floor
#   make audit   ask for known vulnerabilities of what is installed (needs a network)
#   make bench   measure this machine
#   make lock    bring requirements/ in line with pyproject.toml; ARGS=--upgrade takes newer releases
#   make docs    write the generated reference pages anew
#   make shots   take the README's screenshots from the running product
#   make         lint and test, as CI does

SHELL := /bin/sh
.DEFAULT_GOAL := all
.NOTPARALLEL:
.PHONY: all run test quick plain chaos coverage lint audit bench lock docs shots clean

VENV := .venv
PY := $(VENV)/bin/python
# What is installed already, else the newest Python that can make .venv: 3.13 needs a sixth less of
# the processor than 3.11. PYTHON=... chooses another one.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHONS := $(wildcard $(PY)) python3.14 python3.13 python3 python3.12 python3.11 python
PYTHON ?= $(shell for asked in 'import ensurepip; $(NEW_ENOUGH)' '$(NEW_ENOUGH)'; do for name in $(PYTHONS); do \
	if $$name -c "$$asked" >/dev/null 2>&1; then echo $$name; exit; fi; done; done)

ifeq ($(strip $(PYTHON)),)
$(error Python 3.11 or newer is needed and none is on the PATH. Install it (https://www.python.org/downloads/, \
or your system's packages), or name one with: make PYTHON=/path/to/python3)
endif

# The tests and checks must not see the settings, or the data, of a product that runs here.
OWN_SETTINGS := $(shell env | sed -n 's/^\(KIANDA_[A-Z_]*\)=.*/\1/p')
# Nor need they compile everything anew in each process, wherever else that is wanted.
APART := env $(OWN_SETTINGS:%=-u %) -u PYTHONDONTWRITEBYTECODE
PACKAGES := kianda datasources processes scheduler
# One more than there are cores: tests of real processes wait more than they work.
TEST_PROCESSES ?= auto
PYTEST = $(APART) $(PY) -m pytest -n $(TEST_PROCESSES) --maxprocesses 4 --dist loadscope
# Say how long a command took, and end as it ended.
TIMED = @begun=$$(date +%s); $(1); status=$$?; \
	echo "make $@ took $$(($$(date +%s) - begun)) s."; exit $$status
# An installation behind TLS, as `manage.py check --deploy` wants to see one. Nothing is dialled.
DEPLOYED := KIANDA_MODE=production DATABASE_URL=postgresql://kianda@127.0.0.1/kianda \
	KIANDA_PUBLIC_URL=https://kianda.example KIANDA_SECRET_KEYS=none \
	KIANDA_SECRET_KEY=of-no-installation-0123456789-abcdefghijklmnopqrstuvwxyz

all: lint test

run:
	@$(PYTHON) tools/install.py
	@exec $(PY) manage.py serve --set-up $(ARGS)

test:
	@$(PYTHON) tools/install.py test
	$(call TIMED,$(PYTEST) $(ARGS))

quick:
	@$(PYTHON) tools/install.py test
	$(call TIMED,$(PYTEST) -m "not browser and not integration and not chaos" \
		$(addprefix --ignore=tests/,browser integration chaos) $(ARGS))

# No statement is prepared and no commit shared: that is for speed alone.
plain: APART += KIANDA_PLAIN_ORM=1
plain: quick

chaos:
	@$(PYTHON) tools/install.py test
	$(call TIMED,timeout 900 $(PYTEST) -m chaos $(ARGS))

coverage:
	@$(MAKE) --no-print-directory quick ARGS="--cov --cov-report=term $(ARGS)"

lint:
	@$(PYTHON) tools/install.py test lint
	@rm -rf $(VENV)/lint
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/typos
	if [ -x $(VENV)/bin/biome ]; then $(VENV)/bin/biome ci --error-on-warnings kianda/static tests/browser; fi
	$(VENV)/bin/djlint --check --quiet templates
	@$(APART) KIANDA_DATA_DIR=$(VENV)/lint $(VENV)/bin/mypy $(PACKAGES) tests
	$(VENV)/bin/lint-imports
	@$(APART) KIANDA_DATA_DIR=$(VENV)/lint $(PY) manage.py makemigrations --check --dry-run
	@$(APART) KIANDA_DATA_DIR=$(VENV)/lint $(PY) manage.py render_reference --check
	@$(APART) KIANDA_DATA_DIR=$(VENV)/lint $(DEPLOYED) $(PY) manage.py check --deploy --fail-level WARNING

audit:
	@$(PYTHON) tools/install.py audit
	@$(VENV)/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off \
		$(patsubst %,-r %,$(wildcard requirements/*.txt))

bench:
	@$(PYTHON) tools/install.py test
	@$(APART) $(PY) -m benchmarks $(ARGS)

LOCK = $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --annotation-style line --custom-compile-command "make lock" $(ARGS)
LOCKED := -c requirements/product.txt -c requirements/test.txt

lock:
	@$(PYTHON) tools/install.py uv
	@$(LOCK) --group uv -o requirements/uv.txt
	@$(LOCK) pyproject.toml -o requirements/product.txt
	@$(LOCK) pyproject.toml --extra saml -c requirements/product.txt -o requirements/saml.txt
	@$(LOCK) --group test -c requirements/product.txt -o requirements/test.txt
	@$(LOCK) --group lint $(LOCKED) -o requirements/lint.txt
	@$(LOCK) --group audit $(LOCKED) -c requirements/lint.txt -o requirements/audit.txt

docs:
	@$(PYTHON) tools/install.py
	@rm -rf $(VENV)/lint
	@$(APART) KIANDA_DATA_DIR=$(VENV)/lint $(PY) manage.py render_reference

shots:
	@$(PYTHON) tools/install.py test
	@$(APART) $(PY) tools/shots.py

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
