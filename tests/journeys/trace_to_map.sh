#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Trace C is dragged by mouse from the list of traces onto A's map and takes A's place in the comparison; B stays where it was.
# Usage: trace_to_map.sh KETSCOPE, inside xvfb-run.
. "$(dirname "$0")/common.sh"
samples=$(cd "$(dirname "$0")/../../samples" && pwd)
study=$HOME/study.ket

# The caption of the heatmap names what is compared, in its order.
compared() {
    xdotool windowfocus --sync "$main" key ctrl+s
    sleep 0.3
    QT_QPA_PLATFORM=offscreen "$program" render "$study" --out "$HOME/figure.png" --json 2>/dev/null |
        sed -n 's/.*Δ is \(. − .\).*/\1/p'
}
is_compared() { [ "$(compared)" = "$1" ]; }

"$program" run "$samples/sentiment" --text "a warm and funny film" --quiet --out "$HOME/run.h5" \
    --compare rff:m=128@layers=4-5 --compare shots:shots=64@layers=4-5 >>"$HOME/log" 2>&1
mv "$HOME/run.h5" "$study"
start "$study"
xdotool windowsize --sync "$main" 1600 1000
until_true 3 is_compared "B − A" || fail "the study was not opened with A and B, but $(compared)"

xdotool mousemove 86 647 mousedown 1
for step in 1 2 3 4 5 6 7 8 9 10; do
    xdotool mousemove $((86 + step * 32)) $((647 - step * 32))
    sleep 0.05
done
sleep 0.3
xdotool mouseup 1
until_true 3 is_compared "B − C" || fail "C did not take the place of A: $(compared)"
xdotool windowfocus --sync "$main" key ctrl+z
until_true 3 is_compared "B − A" || fail "undo did not bring A back: $(compared)"
# A click still chooses the candidate, and compares it.
xdotool mousemove 86 647 click 1
until_true 3 is_compared "C − A" || fail "a click on C did not compare it: $(compared)"
kill -0 $ketscope || fail "the program ended"
