#!/usr/bin/env bash
# The page in headless Chromium against the real server (needs build/dev/uie: scripts/test.sh builds it).
# usage: scripts/test_page.sh       PAGE_SHOTS=DIR keeps screenshots
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/packages.sh
need=(chromium)
command -v node >/dev/null || need+=(nodejs)
command -v npm >/dev/null || need+=(npm)
need_packages "${need[@]}"
scripts/build.sh dev
cd tests/page
npm ci --no-audit --no-fund --silent
node --test
