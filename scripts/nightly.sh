#!/usr/bin/env bash
# What does not fit into `make test`: every broken client, receiver and server on every case, and the flake check.
# With which Python: PYTHON=.venv/bin/python scripts/nightly.sh
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
mkdir -p build
for subject in server live receiver client; do
  "$python" -m "tests.kit.$subject.matrix" > "build/$subject-matrix.md"
  echo "$subject: every broken one is caught by exactly the cases that it declares (build/$subject-matrix.md)"
done
PYTHON=$python scripts/flake_check.sh
