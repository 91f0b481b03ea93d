#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A user's first minute on a real X display: start Ketscope, type another sentence, run it, export the figure as PDF.
# Usage: sentence_to_figure.sh KETSCOPE, inside xvfb-run.
. "$(dirname "$0")/common.sh"

two_windows() { [ "$(windows | wc -l)" -ge 2 ]; }
# Presses Return in the dialog as long as it is there; true when a PDF has been written.
confirmed() {
    ls "$HOME"/*.pdf && return 0
    two_windows && xdotool windowfocus --sync "$dialog" && xdotool key Return
    sleep 1
    return 1
}
told() { grep -q "$1" "$HOME"/*.txt; }
export_figure() {
    xdotool key ctrl+e
    until_true 10 two_windows || fail "no export dialog"
    dialog=$(windows | grep -v "^$main\$" | head -n 1)
    until_true 20 confirmed || fail "no PDF was written"
}

start
xdotool windowsize --sync "$main" 1600 1000
xdotool windowfocus --sync "$main"
sleep 3 # the sample is open by then, on a slow machine too
xdotool key ctrl+i ctrl+a
xdotool type "what a warm and funny story"
xdotool key Return
sleep 2
export_figure
pdftotext "$HOME"/*.pdf "$HOME/figure.txt"
told "warm and funny" || fail "the figure is not of the sentence that was typed"
told "RFF kernel" || fail "the figure does not name the mechanism"
kill -0 $ketscope || fail "the program ended"
