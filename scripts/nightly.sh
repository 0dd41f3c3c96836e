#!/usr/bin/env bash
# What does not fit into `make test`: every broken client, receiver and server on every case, 200,000 cases of fuzzing and
# of the state machine, and the flake check. SEED=N repeats the chances of a run.
# With which Python: PYTHON=.venv/bin/python scripts/nightly.sh
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
mkdir -p build
for subject in server live receiver client; do
  "$python" -m "tests.kit.$subject.matrix" > "build/$subject-matrix.md"
  echo "$subject: every broken one is caught by exactly the cases that it declares (build/$subject-matrix.md)"
done
"$python" -m tests.fuzz --cases "${CASES:-200000}" ${SEED:+--seed "$SEED"}
"$python" -m tests.fuzz.machine_run --examples "${EXAMPLES:-300}" ${SEED:+--seed "$SEED"}
PYTHON=$python scripts/flake_check.sh
