#!/usr/bin/env bash
# What a text costs in front end, Redis and worker: the figures behind the sizing in docs/operations.md
# (tests/queue/costs.py --help). Nothing else should run on the machine.
# usage: scripts/measure_costs.sh [--seconds 15]
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh dev uie http_bench
exec python3 tests/queue/costs.py "$@"
