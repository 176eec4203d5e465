# Needs git, make and Python 3.11 or newer. `make` alone says what there is.
# Everything lives in .venv; stamps in it keep a second run short.

PORT ?= 8000
# One more than two cores: at any moment a third of the tests waits for a browser or a database.
JOBS ?= 3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
COVERED := $(addprefix --cov=alliance/,core rules ledger settlement) --cov-branch \
	--cov-report=term:skip-covered --cov-fail-under=95
# Counting lines makes a test take half as long again: these reach all that is counted.
COUNTED := tests/unit/core tests/unit/rules tests/faults/test_two_at_once.py \
	tests/faults/test_ledger_only_grows.py $(patsubst %,tests/integration/test_%.py,\
	audit contracts journey posting proofs_on_pages renewals to_the_cent)
PYTEST = TMPDIR=$$(sh tests/place.sh) $(BIN)/python -m pytest -n $(JOBS) --dist worksteal

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test test-long check bench assets plugin shopify docs pictures lock clean

help:  ## say what there is
	@echo "make <target>, one of:"
	@awk -F ':.*  ## ' '/^[a-z-]+:.*  ## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/run.stamp assets  ## four shops that ally, on http://127.0.0.1:8000 (PORT=, FRESH=1)
	@exec $(BIN)/alliance demo --port $(PORT) $(if $(FRESH),--fresh)

test: $(VENV)/dev.stamp  ## every suite but the long ones (ARGS= for pytest, JOBS=)
	@sh tests/prepare.sh
	@$(BIN)/python widgets/make_assets.py
	@$(BIN)/python -m tests.shopify_schema
	@$(BIN)/python -m tests.shopify_app.packages
	@echo "test: running"
	@$(if $(ARGS),$(PYTEST) -m "not long" $(ARGS),$(PYTEST) -m "not long" $(COUNTED) $(COVERED) && \
		$(PYTEST) -m "not long" $(addprefix --ignore=,$(COUNTED)))

test-long: $(VENV)/dev.stamp  ## what takes minutes: the full counts of crashes and random cases
	@sh tests/prepare.sh
	@$(BIN)/python widgets/make_assets.py
	@$(BIN)/python -m tests.shopify_schema
	@$(BIN)/python -m tests.shopify_app.packages
	@$(PYTEST) -m long $(ARGS)

check: $(VENV)/dev.stamp  ## lint, types, import contracts, spelling
	@echo "check: ruff" && $(BIN)/ruff check --quiet .
	@echo "check: mypy" && $(BIN)/mypy --no-error-summary
	@echo "check: imports" && $(BIN)/lint-imports --no-logo
	@echo "check: spelling" && $(BIN)/codespell alliance connectors docs tests widgets/src *.md
	@echo "check: fine"

bench: $(VENV)/dev.stamp  ## figures as ratios: postings, netting, slates, start
	@$(BIN)/python -m tests.bench $(ARGS)

assets: $(VENV)/made.stamp  ## build what browsers load, when its sources changed
	@$(BIN)/python widgets/make_assets.py

plugin: $(VENV)/run.stamp assets  ## the WordPress plugin, dist/alliance-for-woocommerce.zip
	@$(BIN)/python connectors/woocommerce/build.py

shopify: $(VENV)/run.stamp assets  ## the Shopify app, dist/shopify-app (HUB=https://…, CLIENT_ID=, HANDLE=)
	@$(BIN)/python connectors/shopify/build.py "$(HUB)" "$(CLIENT_ID)" "$(HANDLE)"

docs: $(VENV)/dev.stamp  ## run the examples in the docs, follow their links, find what they miss
	@$(BIN)/python -m pytest -q tests/test_docs.py $(ARGS)

pictures: $(VENV)/dev.stamp assets  ## make the pictures of README and docs anew, by the browser tests
	@ALLIANCE_PICTURES=1 $(BIN)/python -m pytest -q tests/e2e tests/widgets/test_look_of_the_elements.py \
		tests/integration/test_shopify_app_in_a_browser.py $(ARGS)

lock:  ## resolve the dependencies anew into locks/ (needs uv)
	@command -v uv >/dev/null || { echo "lock: needs the program uv; install it with pip." >&2; exit 1; }
	@$(call locked,run,--extra postgres --extra redis --extra nats --extra build)
	@$(call locked,test,--extra build --extra test)
	@$(call locked,dev,--extra build --extra test --extra dev)
	@$(call locked,node,--extra js)

clean:  ## remove everything that was made, but not var/ (the data)
	@rm -rf $(VENV) widgets/node_modules alliance/web/static/built dist htmlcov .coverage \
		.pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find alliance connectors tests -name __pycache__ -type d -prune -exec rm -rf {} +

locked = echo "lock: $(1)" && uv pip compile pyproject.toml $(2) --universal --generate-hashes --no-strip-extras \
	--no-header --no-annotate --no-emit-index-url --upgrade --quiet --output-file locks/$(1).txt

$(VENV)/made.stamp:
	@sh .ci/venv $(VENV)
	@touch $@

$(VENV)/%.stamp: locks/%.txt pyproject.toml | $(VENV)/made.stamp
	@echo "install: locks/$*.txt, a minute the first time"
	@$(PIP) install --require-hashes -r $<
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@
