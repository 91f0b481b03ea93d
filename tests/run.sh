#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what building and testing need (Debian 12), builds everything with warnings as errors, and runs every test.
# Ends with a table by label and "N passed, N failed, N skipped"; fails when a test failed or none ran.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
. app/packages.sh
install_packages app/packages.txt build run test

cmake --preset dev
cmake --build build/dev
results=build/dev/results.xml
rm -f "$results"
status=0
ctest --test-dir build/dev -j2 --timeout 300 --no-tests=error --output-on-failure \
    --output-junit "$root/$results" || status=$?
cmake -D RESULTS="$results" -P tests/summary.cmake || status=1
exit "$status"
