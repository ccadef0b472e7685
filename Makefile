# Everything a developer or an installer does with this repository. `make` lists it.
# ARGS="…" is handed on to what the target runs.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format qmllint test-appliance bench pictures deb lock clean
ARGS ?=

bin := .venv/bin

# No test or tool may depend on a screen, or on what the shell of whoever calls it exports.
offscreen := QT_QPA_PLATFORM=offscreen QT_QUICK_BACKEND=software

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what development needs: system packages, .venv, locked packages
	@scripts/setup dev

demo: ## a paired display and its Admin Center with a sample building (ARGS="--help" for more)
	@scripts/setup demo
	@$(bin)/roomdisplay demo $(ARGS)

test: setup lint ## style, types, architecture, QML, then every quick test (ARGS go to pytest)
	$(offscreen) $(bin)/pytest -n 2 --dist loadfile -m "not appliance" $(ARGS)

lint: setup ## style, types, architecture and QML, without the tests
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/lint-imports
	$(offscreen) $(bin)/python scripts/qmllint.py

format: setup ## let ruff put the Python in order
	$(bin)/ruff check --fix .
	$(bin)/ruff format .

test-appliance: setup ## long tests: the packages, built and run in Debian 13; every walk of the calendar services
	@scripts/setup appliance
	$(offscreen) $(bin)/pytest -m appliance tests/appliance tests/admin/web $(ARGS)

bench: setup ## figures, each beside its reference in the same run (ARGS="--json FILE")
	@$(bin)/python -m benchmarks $(ARGS)

pictures: setup ## take the README's tour and draw all pictures of the documents, about eight minutes
	$(offscreen) $(bin)/python scripts/gallery
	$(bin)/python scripts/admin_pictures.py docs/admin
	$(bin)/python scripts/few_colours.py docs/admin/*.png
	$(bin)/python scripts/walk_pictures.py
	$(bin)/python scripts/tour_pictures.py

deb: ## build dist/roomdisplay_*.deb and dist/roomdisplay-admin_*.deb in a Debian 13 root
	@scripts/setup appliance
	@packaging/debian/build $(ARGS)

lock: ## pin all Python packages anew, with hashes (ARGS=--keep: only what must change)
	@scripts/lock $(ARGS)

clean: ## remove what was built; keeps .venv and downloads
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +
