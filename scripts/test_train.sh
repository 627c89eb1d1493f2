#!/usr/bin/env bash
# Tests of scripts/train on a tiny shape on the CPU (needs the program: scripts/test.sh or scripts/build.sh builds it).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/packages.sh
need_packages python3-torch python3-numpy
for preset in dev release; do
  [ ! -x "build/$preset/uie" ] || export UIE=${UIE:-$PWD/build/$preset/uie}
done
/usr/bin/python3 -m unittest discover -s tests/train -v
