# `make serve` runs Marmalade, `make test` proves it. Each brings what it needs; the second time nothing is installed.

BIN := .venv/bin
# Compiled modules are kept, whatever the shell says: several processes start at once, and start from them.
export PYTHONDONTWRITEBYTECODE :=
# How many processes the tests use.
WORKERS ?= 2
# Where the system can (Linux), a start ends with the make that started it, even if that is killed.
TIED = $$(setpriv --pdeathsig TERM true 2>/dev/null && echo setpriv --pdeathsig TERM)
# make lock UPGRADE=--upgrade brings every package up to date.
UPGRADE ?=

.DEFAULT_GOAL := help
.PHONY: help serve test test-browser weights lint format bench bench-backlog bench-delivery bench-growth faults sizes promises audit lock clean app dev

help: # this list
	@sed -n 's/^\([a-z-]*\):[a-z ]*# /\1\t/p' Makefile | expand -t 16

serve: app # start Marmalade, web and worker together; Ctrl-C stops both (PORT=8000 INSTANCE_PATH=instance)
	@exec $(TIED) $(BIN)/flask --app wsgi serve

test: dev # find or install what the tests need, then check everything
	@$(BIN)/python -m tests.infrastructure
	@$(MAKE) --no-print-directory lint
	@exec $(BIN)/pytest --numprocesses $(WORKERS) --dist loadgroup

test-browser: dev # what phones must do, T1 to T13 of docs/promises.md, in real browsers: each test by its name
	@$(BIN)/python -m tests.infrastructure
	@exec $(BIN)/pytest --verbose tests/browser $$($(BIN)/python bin/promises.py T | grep -v ^tests/browser)

weights: dev # print how much the first load of a page weighs, and what the worker keeps; fail where it is too much
	@$(BIN)/python -m audits.weights

lint: dev # check the style and the types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

format: dev # put the code into its one shape
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: dev # measure it beside the floors under it, and write docs/benchmarks.md (QUICK=1 for a first look)
	@exec $(BIN)/python -m bench $(if $(QUICK),--quick --dry-run)

bench-delivery: dev # letters a second through the courier beside the bare sending, one worker and two, both databases (QUICK=1)
	@exec $(BIN)/python -m bench.handovers $(if $(QUICK),--quick --dry-run)

bench-backlog: dev # a round of the courier among ten thousand to ten million stored prompts (POSTGRESQL=1, QUICK=1)
	@exec $(BIN)/python -m bench.backlog $(if $(POSTGRESQL),--postgresql) $(if $(QUICK),--dry-run --most 100000)

bench-growth: dev # the same pages among a thousand, a hundred thousand and a million encounters (POSTGRESQL=1, QUICK=1)
	@exec $(BIN)/python -m bench.growth $(if $(POSTGRESQL),--postgresql) $(if $(QUICK),--quick --dry-run --most 100000)

faults: dev # kill workers, databases and mail servers while letters go out, and count what was lost or doubled (QUICK=1)
	@exec $(BIN)/python -m bench.faults $(if $(QUICK),--prompts 240 --kills 24 --restarts 2 --speed 60)

sizes: dev # print how long functions and files are, and fail where a fence is crossed
	@$(BIN)/python bin/sizes.py

promises: dev # print which test proves which promise, and fail where one has none
	@$(BIN)/python bin/promises.py

audit: dev # let outsiders judge every page: the Nu HTML checker (needs a Java) and Lighthouse (needs Node)
	@npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
	@$(BIN)/python -m audits.markup
	@$(BIN)/python -m audits.lighthouse

lock: app # pin the packages of requirements/*.in, with hashes and without the address of any registry
	@for name in app many dev postgresql uv; do \
	    $$(command -v uv || echo $(BIN)/uv) pip compile --quiet --universal --python-version 3.11 \
	        --generate-hashes --no-header --no-annotate $(UPGRADE) \
	        requirements/$$name.in --output-file requirements/$$name.lock || exit 1; \
	done
	@! grep -nE '://|-index|--find-links' requirements/*.lock

clean: # remove what was made here, but no instance folder: that is people's own
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis artefacts
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

app dev:
	@cmp -s requirements/$@.lock .venv/$@.lock || bin/environment $@
