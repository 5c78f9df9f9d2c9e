# Each target sets .venv up by itself, with what a bare machine has: python3 >= 3.11, venv, pip.
# uv is used where it is installed. Versions are those of requirements.lock.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check bench docs lock clean

.venv/ready: requirements.lock pyproject.toml
	@echo "setting up .venv (once; downloads packages from the package registry)"
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python "$(PYTHON)" .venv && \
		uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock && \
		uv pip install --quiet --python $(BIN)/python --no-deps -e . ; \
	else \
		$(PYTHON) -m venv .venv && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e . ; \
	fi
	@touch $@

demo: .venv/ready
	$(BIN)/python demo/case.py

test: .venv/ready
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m sphinx -b html -W --keep-going -q docs docs/_build/html

docs: .venv/ready
	$(BIN)/python -m sphinx -b html -W --keep-going -q docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: .venv/ready
	$(BIN)/python -m bench

lock:
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --group dev --no-emit-package earwitness pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-annotate --python-version 3.11 --extra documents --extra objects --extra postgresql --extra stamp --constraint requirements.lock --no-emit-package earwitness pyproject.toml -o deploy/requirements.lock

clean:
	rm -rf .venv docs/_build demo/case
