#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every perspective on every sample, by its key and with a click into it; what does not apply stays out of reach. Undo goes
# back through them. Usage: every_perspective.sh KETSCOPE, inside xvfb-run.
. "$(dirname "$0")/common.sh"
samples=$(cd "$(dirname "$0")/../../samples" && pwd)
study=$HOME/study.ket

# field NAME: of the saved study.
field() { QT_QPA_PLATFORM=offscreen "$program" inspect "$study" --json | sed -n "s/^ *\"$1\": \"\(.*\)\",*\$/\1/p"; }
saves_as() {
    xdotool windowfocus --sync "$main" key ctrl+s
    sleep 0.3
    [ "$(field perspective)" = "$1" ]
}
# walk SAMPLE ALIGNMENT ARGUMENTS…: ALIGNMENT is where key 3 leads.
walk() {
    sample=$1 alignment=$2
    shift 2
    "$program" run "$samples/$sample" "$@" --quiet --out "$HOME/run.h5" >>"$HOME/log" 2>&1
    mv "$HOME/run.h5" "$study"
    start "$study"
    xdotool windowsize --sync "$main" 1600 1000
    until_true 10 saves_as "" || fail "$sample: the study was not opened"
    number=1
    for perspective in heatmap entropy "$alignment" quantum outputs sweep; do
        xdotool key $number
        xdotool mousemove 760 420 click 1
        until_true 15 saves_as "$perspective" || fail "$sample: $perspective was not shown but $(field perspective)"
        number=$((number + 1))
    done
    xdotool key ctrl+z
    until_true 15 saves_as outputs || fail "$sample: undo did not lead back, but to $(field perspective)"
    kill -0 $ketscope || fail "$sample: the program ended"
    kill $ketscope
    wait $ketscope 2>/dev/null || true
}

walk sentiment entropy --text "a warm and funny film" --compare rff@layers=4-5
walk char-gpt entropy --text "To be, or not" --compare shots:shots=64
walk shape-blip alignment --image "$samples/scenes/scene-03.png" --text "a green star" \
    --compare "fidelity:test=swap,shots=64@stack=cross"
walk shape-clip alignment --image "$samples/scenes/scene-03.png" --text "a green star" --compare performer@stack=vision
