# The factors of all schedules over 1,000 steps, a panel for each.
# gnuplot -c schedules.gp FACTORS OUT.svg
header(i) = system(sprintf("grep '^#' '%s' | sed -n %dp | cut -c 3-", ARG1, i))
count = int(system(sprintf("grep -c '^#' '%s'", ARG1)))
columns = 3
rows = (count + columns - 1) / columns
height = 145.0 * rows

set terminal svg size 720, height font "Sans,13" background "white"
set output ARG2
unset key
set style line 1 linecolor rgb "#d55e00" linewidth 1.8
set border 3 linecolor "#888888"
set grid linecolor "#e0e6ec" linetype 1 linewidth 0.8
set tics scale 0.4 font ",10" nomirror
set xrange [0:1000]
set yrange [0:1.05]
set xtics 0, 250 offset 0, 0.5
set ytics 0, 0.5 offset 0.7

set multiplot layout rows, columns margins 0.04, 0.975, 20 / height, 1 - 38 / height spacing 0.055, 62 / height
do for [i = 1:count] {
    kind = word(header(i), 1)
    settings = substr(header(i), strlen(kind) + 2, -1)
    set label 1 kind at graph 0, 1 offset 0, 1.3 font ",13" noenhanced
    set label 2 settings at graph 0, 1 offset 0, 0.55 font ",10" textcolor "#555555" noenhanced
    plot ARG1 index i - 1 using 2:3 with lines linestyle 1
}
unset multiplot
