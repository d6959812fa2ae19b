# The task runner. `make` alone says what there is.
.DEFAULT_GOAL := help
BIN := .venv/bin

.PHONY: help
help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Make .venv with the locked dependencies
	@scripts/setup

.PHONY: demo
demo: ## A day of Auth0 events, end to end, until Ctrl-C
	@scripts/demo

.PHONY: test
test: ## Every check and every test
	@scripts/test

.PHONY: golden
golden: setup ## The pipeline's golden cases alone
	@$(BIN)/auth0-elastic test

.PHONY: lint
lint: setup ## Format, then check style, types and imports
	@$(BIN)/ruff format server bench chaos && $(BIN)/ruff check --fix server bench chaos && \
	  $(BIN)/mypy -p auth0_elastic -p bench -p chaos && $(BIN)/lint-imports

.PHONY: generate
generate: setup ## Rewrite what is generated: the pipeline's event types, Kibana's objects and rules, the package's README, the docs' tables
	@$(BIN)/auth0-elastic event-types --write
	@$(BIN)/auth0-elastic kibana --write
	@$(BIN)/auth0-elastic package docs --write
	@$(BIN)/auth0-elastic config docs >docs/settings.md
	@$(BIN)/python -m auth0_elastic.help_pages >docs/commands.md
	@$(BIN)/python -m auth0_elastic.serve.metrics.page >docs/metrics.md

.PHONY: audit
audit: ## Look for known vulnerabilities of the locked packages (uses uv)
	@uvx pip-audit --require-hashes --disable-pip -r requirements.lock

.PHONY: lock
lock: ## Renew the lock files (uses uv)
	@uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --extra demo --no-header \
	  pyproject.toml -o requirements.lock
	@uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --extra demo --extra docker --group dev --no-header \
	  pyproject.toml -o requirements-dev.lock
