#!/usr/bin/env bash
# Runs the two hundred tests of examples/ twenty times, each time in another random order, and stops at the first failure.
# How often and with which Python: TIMES=20 PYTHON=.venv/bin/python scripts/random_order.sh
set -euo pipefail
cd "$(dirname "$0")/.."
for run in $(seq 1 "${TIMES:-20}"); do
  "${PYTHON:-.venv/bin/python}" -m pytest -q -n 2 --random-order --random-order-seed="$run" examples/two_hundred | tail -n 1
done
