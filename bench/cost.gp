# Cost of a step for an element against the number of elements, ours and others'.
# usage: gnuplot -c cost.gp ALGORITHM FOLDER OUT.svg; FOLDER/WHO.txt has lines of elements and nanoseconds
set terminal svg size 900,520 font "DejaVu Sans,12" background rgb "white"
set output ARG3
set title ARG1 . ", f32, one thread"
set logscale xy
set xrange [500:2e8]
set xlabel "elements"
set ylabel "ns for an element"
set format x "10^{%T}"
set border 3 linecolor rgb "#808080"
set tics nomirror
set grid linecolor rgb "#e0e0e0"
set key outside right
file(who) = ARG2 . "/" . who . ".txt"
plot file("ours") with linespoints linewidth 2 linecolor rgb "#d55e00" pointtype 7 title "liboptim", \
     file("limit") with linespoints linewidth 1 linecolor rgb "#404040" dashtype 2 pointtype 6 title "limit", \
     file("loop") with linespoints linewidth 1 linecolor rgb "#009e73" pointtype 5 title "plain loop, -O2", \
     file("BLAS") with linespoints linewidth 1 linecolor rgb "#e69f00" pointtype 9 title "level-1 BLAS", \
     file("torch") with linespoints linewidth 1 linecolor rgb "#0072b2" pointtype 11 title "PyTorch", \
     file("foreach") with linespoints linewidth 1 linecolor rgb "#56b4e9" pointtype 13 title "PyTorch, foreach"
