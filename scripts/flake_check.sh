#!/usr/bin/env bash
# The whole kit against the reference client and the reference receiver, again and again, while two processes use up
# the processors. Stops at the first run that is not conformant. How often: TIMES=20 scripts/flake_check.sh
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
burners=()
trap 'kill "${burners[@]}" 2>/dev/null || true' EXIT
for _ in 1 2; do
  "$python" -c 'while True: pass' &
  burners+=($!)
done
for run in $(seq 1 "${TIMES:-20}"); do
  "$python" -m mock_server check client py:examples.reference_client:make --level should | tail -n 2 | head -n 1
  "$python" -m mock_server check receiver 'wsgi:examples.reference_receiver:make_app()@/callback' \
    --state /tasks/{task_id} --level should | tail -n 2 | head -n 1
  echo "run $run is green"
done
