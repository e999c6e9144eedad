# Percent of the read-write limit at 64M elements, one bar for an algorithm and number of threads.
# usage: gnuplot -c limit.gp ONE.txt TWO.txt OUT.svg; lines of algorithm and ratio
set terminal svg size 900,560 font "DejaVu Sans,12" background rgb "white" noenhanced
set output ARG3
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.9 noborder
set boxwidth 0.9
set ylabel "% of the read-write limit"
set yrange [0:*]
set ytics 20 nomirror
set xtics rotate by -45 left nomirror scale 0
set border 3 linecolor rgb "#808080"
set grid ytics linecolor rgb "#e0e0e0"
set key top right outside horizontal
set rmargin 18
plot ARG1 using (100 * $2):xtic(1) title "1 thread" linecolor rgb "#d55e00", \
     ARG2 using (100 * $2) title "2 threads" linecolor rgb "#0072b2", \
     100 notitle with lines linecolor rgb "#404040" dashtype 2
