# EventHub. Every target sets up what it needs by itself, in .venv; nothing else on the machine is touched.
.DEFAULT_GOAL := help
.PHONY: help run test lint check bench storm fuzz i18n lock messages clean
.SILENT:
MAKEFLAGS += --no-print-directory

# Where the shell forbids Python to keep what it has compiled, each of the many processes would compile all anew.
export PYTHONDONTWRITEBYTECODE :=

BIN := .venv/bin
PYTHON_FILES := eventhub workers tests migrations
CATALOGUES := eventhub/translations
COMPILED := $(patsubst %.po,%.mo,$(wildcard $(CATALOGUES)/*/LC_MESSAGES/*.po))
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header pyproject.toml

# The files with tests that need the machine for themselves: to look through all others would take longer than they do.
NEED_ALL = $$(grep -rl "mark.alone" tests --include=test_*.py)

# A run that hangs for an hour is broken off, and its failures have been named by then.
WITHIN_AN_HOUR := $(shell command -v timeout >/dev/null 2>&1 && echo timeout --signal=INT --kill-after=60 3600)

# What failed beside others is asked once more by itself, and says so: a wait that a crowded machine cut short passes
# then, a real fault fails again.
ALONE := echo "Asking once more, by itself, what failed:"; $(BIN)/python -m pytest -n 0 --last-failed

help: ## this list
	grep -hE '^[a-z0-9]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9]+):.*## (.*)/  make \1\t\2/' | expand -t 18

run: ## start EventHub with everything it needs; PORT and EVENTHUB_HOME choose where
	.ci/setup run
	$(MAKE) messages
	exec $(BIN)/python -m eventhub.cli up

test: ## all tests, those that need the machine for themselves last; just some: make test ONLY="tests/people -k alias"
	.ci/setup dev
	$(MAKE) messages
	.ci/chromium
ifdef ONLY
	$(BIN)/python -m pytest -n 0 $(ONLY)
else
	status=0; \
	$(WITHIN_AN_HOUR) $(BIN)/python -m pytest -n 3 --dist loadgroup -m "not alone" || { [ $$? = 1 ] && $(ALONE) -m "not alone"; } || status=1; \
	$(BIN)/python -m pytest -n 0 -m alone $(NEED_ALL) || { [ $$? = 1 ] && $(ALONE) -m alone $(NEED_ALL); } || status=1; \
	CI= .ci/chromium; \
	exit $$status
endif

# Templates are linted, not laid out: djlint's indents would weigh on every page, and add spaces between inline parts.
lint: ## style, types, contracts, templates, dependencies, dead code: all of it, and at the end what failed
	.ci/setup dev
	$(MAKE) messages
	failed=; \
	try() { "$$@" || failed="$$failed  $$*\n"; }; \
	try $(BIN)/ruff check $(PYTHON_FILES); \
	try $(BIN)/ruff format --check $(PYTHON_FILES); \
	try $(BIN)/mypy eventhub workers; \
	try $(BIN)/lint-imports; \
	try $(BIN)/djlint templates --lint --quiet; \
	try $(BIN)/deptry .; \
	try $(BIN)/vulture eventhub workers --min-confidence 80; \
	if [ "$$failed" ]; then printf "\nNot passed:\n$$failed" >&2; exit 1; fi

check: lint ## make lint, then a kill storm of a minute
	$(BIN)/python -m tests.storm --seconds 60

bench: ## load the running app and print what it does beside what the machine allows
	.ci/setup dev
	$(MAKE) messages
	$(BIN)/python -m tests.benchmarks

storm: ## the long kill storm: half an hour, a thousand kills
	.ci/setup dev
	$(MAKE) messages
	$(BIN)/python -m tests.storm --seconds 1800

fuzz: ## the long search for inputs that break something
	.ci/setup dev
	$(MAKE) messages
	$(BIN)/python -m pytest -n 2 -m "not lane" --hypothesis-profile=fuzz

i18n: ## gather the visible strings into the catalogues, and compile those
	.ci/setup dev
	$(BIN)/pybabel extract -F babel.cfg -c "Translators:" -k _l -k lazy_gettext -k lazy_ngettext:1,2 -k lazy_pgettext:1c,2 --no-location --sort-output \
		-o $(CATALOGUES)/messages.pot .
	$(BIN)/pybabel update -i $(CATALOGUES)/messages.pot -d $(CATALOGUES) --no-fuzzy-matching --ignore-pot-creation-date
	$(MAKE) messages

messages: $(COMPILED)

%.mo: %.po
	$(BIN)/pybabel --quiet compile -i $< -o $@

lock: ## settle all versions and their hashes anew from pyproject.toml
	.ci/setup dev
	$(LOCK) -o requirements/production.txt --extra s3
	$(LOCK) -o requirements/run.txt --extra local
	$(LOCK) -o requirements/dev.txt --extra local --extra dev

clean: ## remove what the targets made, except data: .venv, caches, compiled messages
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache $(COMPILED)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
