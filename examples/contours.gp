# The ways of one optimizer over contour lines.
# gnuplot -c contours.gp OPTIMIZER ROSENBROCK_LR RASTRIGIN_LR ROSENBROCK_WAY RASTRIGIN_WAY OUT.svg
set terminal svg size 640, 330 font "Sans,13" background "white"
set output ARG6
unset key
set samples 41

# Where Rosenbrock's function has the value c: x = 1 + sqrt(c) cos(t), y = x^2 + sqrt(c) / 10 sin(t), t in -pi..pi, as
# far as the panel shows it.
array rosenbrock[6] = [1, 4, 16, 64, 256, 1024]
inside(cosine) = acos(cosine > 1 ? 1 : cosine < -1 ? -1 : cosine)
angle(c, u) = inside(1 / sqrt(c)) + u * (inside(-3 / sqrt(c)) - inside(1 / sqrt(c)))
across(c, u) = 1 + sqrt(c) * cos(angle(c, u))
height(c, u, side) = across(c, u)**2 + side * sqrt(c) / 10 * sin(angle(c, u))

# One "index" of the table for each level, the highest first.
set table $rastrigin
set contour base
unset surface
set xrange [-3:3]
set yrange [-3:3]
set isosamples 49, 49
set samples 49, 49
set cntrparam levels discrete 6, 16, 28
splot 20 + x**2 + y**2 - 10 * cos(2 * pi * x) - 10 * cos(2 * pi * y)
unset table

# From dark in the valleys to light on the hills; way and minimum in colours of Okabe and Ito, which every eye can tell
# apart.
array shade[6] = ["#7d8ca3", "#95a3b8", "#aab6c8", "#bec8d6", "#d0d8e2", "#e0e6ec"]
set style line 1 linecolor rgb "#d55e00" linewidth 1.6
set style line 2 linecolor rgb "black" pointtype 6 pointsize 0.9 linewidth 1.8
set style line 3 linecolor rgb "#009e73" pointtype 2 pointsize 1.3 linewidth 2.4
set style line 4 linecolor rgb "#d55e00" pointtype 7 pointsize 0.7
set border linecolor "#888888"
set tics scale 0.4 font ",11" 1
set size ratio 1

set samples 41
set multiplot layout 1, 2 title ARG1 font ",18" noenhanced margins 0.06, 0.98, 0.08, 0.8 spacing 0.08
set title sprintf("Rosenbrock, lr %s", ARG2) offset 0, -0.7
set xrange [-2:2]
set yrange [-1:3]
plot for [i = 1:6] for [side = -1:1:2] [u = 0:1] "+" using (across(rosenbrock[i], $1)):(height(rosenbrock[i], $1, side)) \
         with lines linewidth 0.8 linecolor rgb shade[i], \
     "+" using (1):(1) every ::::0 with points linestyle 3, \
     ARG4 with lines linestyle 1, \
     ARG4 every ::::0 with points linestyle 2, \
     "< tail -n 1 " . ARG4 with points linestyle 4
set title sprintf("Rastrigin, lr %s", ARG3) offset 0, -0.7
set xrange [-3:3]
set yrange [-3:3]
plot for [i = 0:2] $rastrigin index i with lines linewidth 0.8 linecolor rgb shade[3 - i], \
     "+" using (0):(0) every ::::0 with points linestyle 3, \
     ARG5 with lines linestyle 1, \
     ARG5 every ::::0 with points linestyle 2, \
     "< tail -n 1 " . ARG5 with points linestyle 4
unset multiplot
