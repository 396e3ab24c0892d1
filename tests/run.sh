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
if [ $# -gt 0 ]; then
  exec python -m pytest "$@"
fi

# Tests of the command line start a process each and leave a core idle: the others run beside them.
beside=$(mktemp)
trap 'rm -f "$beside"' EXIT
python -m pytest --ignore=tests/cli >"$beside" 2>&1 &
others=$!
failed=0
python -m pytest tests/cli || failed=$?
wait "$others" || failed=$?
cat "$beside"
exit "$failed"
