#!/usr/bin/env bash
# Kills parts of a fleet while requests run, and checks that none is lost (tests/queue/kill_test.py --help).
# usage: scripts/kill_test.sh                       a minute
#        scripts/kill_test.sh --requests 5000 --distinct 200 --poisoned 5    the long one
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/build.sh dev uie
exec python3 tests/queue/kill_test.py "$@"
