# The ways of one optimizer over contour lines.
# gnuplot -c contours.gp OPTIMIZER ROSENBROCK_LR RASTRIGIN_LR ROSENBROCK_WAY RASTRIGIN_WAY OUT.png
set terminal pngcairo size 640,290 font "sans,10"
set output ARG6
set encoding utf8
unset key
unset colorbox
set contour base
unset surface
set view map
set isosamples 90, 90
set samples 90, 90

set table $rosenbrock
set xrange [-2:2]
set yrange [-1:3]
set cntrparam levels discrete 0.3, 2, 8, 30, 100, 300, 900
splot (1 - x)**2 + 100 * (y - x**2)**2
unset table
set table $rastrigin
set xrange [-4:4]
set yrange [-4:4]
set cntrparam levels discrete 5, 15, 25, 35, 50
set isosamples 70, 70
set samples 70, 70
splot 20 + x**2 + y**2 - 10 * cos(2 * pi * x) - 10 * cos(2 * pi * y)
unset table

set tics scale 0.4 font ",8"
set multiplot layout 1, 2 title ARG1 font ",13" noenhanced
set title sprintf("Rosenbrock, lr %s", ARG2) offset 0, -0.6
set xrange [-2:2]
set yrange [-1:3]
plot $rosenbrock with lines lc rgb "#c8c8c8" lw 0.7, ARG4 with linespoints lc rgb "#0072b2" lw 1.6 pt 7 ps 0.15, \
    ARG4 every ::::0 with points lc rgb "#000000" pt 6 ps 0.9 lw 1.5, \
    '+' using (1):(1) every ::::0 with points lc rgb "#d55e00" pt 3 ps 1.1 lw 1.6, \
    "< tail -n 1 ".ARG4 with points lc rgb "#0072b2" pt 7 ps 0.8
set title sprintf("Rastrigin, lr %s", ARG3) offset 0, -0.6
set xrange [-4:4]
set yrange [-4:4]
plot $rastrigin with lines lc rgb "#c8c8c8" lw 0.7, ARG5 with linespoints lc rgb "#0072b2" lw 1.6 pt 7 ps 0.15, \
    ARG5 every ::::0 with points lc rgb "#000000" pt 6 ps 0.9 lw 1.5, \
    '+' using (0):(0) every ::::0 with points lc rgb "#d55e00" pt 3 ps 1.1 lw 1.6, \
    "< tail -n 1 ".ARG5 with points lc rgb "#0072b2" pt 7 ps 0.8
unset multiplot
