#!/usr/bin/env bash
# Make a virtual environment, install recli with what its tests need, and run every check.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=${RECLI_TEST_VENV:-.venv/test}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -e '.[test]'
export PATH="$PWD/$venv/bin:$PATH"

ruff format --check .
ruff check .
mypy
lint-imports --no-cache
# A file of tests stays in one process, for what its tests share; the slow ones come first.
python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder "$@"
