#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The Export figure dialog by mouse: a width of one column, each kind of file, Export; the PDF is measured and read.
# Usage: export_dialog.sh KETSCOPE, inside xvfb-run.
. "$(dirname "$0")/common.sh"
samples=$(cd "$(dirname "$0")/../../samples" && pwd)

two_windows() { [ "$(windows | wc -l)" -ge 2 ]; }
one_window() { [ "$(windows | wc -l)" -eq 1 ]; }
# opens the dialog and waits for it: $dialog, with its corner at $left, $top and its size $wide, $high.
open_dialog() {
    xdotool windowfocus --sync "$main"
    xdotool mousemove 1540 60 click 1
    until_true 10 two_windows || fail "a click on Export figure opened no dialog"
    dialog=$(windows | grep -v "^$main\$" | head -n 1)
    xdotool windowfocus --sync "$dialog"
    sleep 1
    eval "$(xdotool getwindowgeometry --shell "$dialog" |
        sed -n 's/^X=/left=/p; s/^Y=/top=/p; s/^WIDTH=/wide=/p; s/^HEIGHT=/high=/p')"
}
# click_at X Y: in the dialog; negative ones are from its right and lower edge.
click_at() {
    x=$1 y=$2
    [ "$x" -ge 0 ] || x=$((wide + x))
    [ "$y" -ge 0 ] || y=$((high + y))
    xdotool mousemove $((left + x)) $((top + y)) click 1
    sleep 0.5
}
# export_as KIND X: KIND is the file's suffix, X where its button is.
export_as() {
    open_dialog
    click_at "$2" -28
    click_at -50 -28
    until_true 20 one_window || fail "the dialog did not close after exporting $1"
    test -s "$HOME"/*."$1" || fail "no $1 was written"
}

start "$samples/sentiment"
xdotool windowmove "$main" 0 0 windowsize --sync "$main" 1600 1000
sleep 4 # the sample is open by then, on a slow machine too

open_dialog
click_at 190 49 # the preset widths
xdotool key Home Return
sleep 1
click_at -50 -28
until_true 20 one_window || fail "the dialog did not close"
file=$(ls "$HOME"/*.pdf) || fail "no PDF was written"
# 89 mm are 252.3 points.
pdfinfo "$file" | grep -Eq '^Page size: +25[12]\.?[0-9]* x' || fail "not 89 mm wide: $(pdfinfo "$file" | grep 'Page size')"
pdfinfo "$file" | grep -Eq '^Pages: +1$' || fail "more than one page"
pdftotext "$file" "$HOME/figure.txt"
grep -q "Exact softmax" "$HOME/figure.txt" || fail "the figure does not name A"
pdffonts "$file" | awk 'NR > 2 { all++; if ($(NF - 4) == "yes") embedded++ } END { exit !(all > 0 && all == embedded) }' ||
    fail "a font is not embedded: $(pdffonts "$file")"

export_as svg 80
export_as png 125
width=$(identify -format '%w' "$HOME"/*.png)
# 89 mm at 300 dpi.
[ "$width" -ge 1050 ] && [ "$width" -le 1052 ] || fail "the PNG is $width pixels wide, not 1051"
kill -0 $ketscope || fail "the program ended"
