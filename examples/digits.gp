# Draw the learning curves that `digits --csv curves.csv` wrote:
#
#     gnuplot -c digits.gp curves.csv curves.svg
#
# The picture is PNG if its name ends in .png, and SVG otherwise.

if (ARGC != 2) {
    print "usage: gnuplot -c digits.gp CURVES.csv PICTURE.svg"
    exit status 2
}
if (strlen(ARG2) > 4 && ARG2[strlen(ARG2) - 3:*] eq ".png") {
    set terminal pngcairo size 1000, 600 font "Sans,12" enhanced
} else {
    set terminal svg size 1000, 600 font "Sans,15" background "white" enhanced
}
set output ARG2
set datafile separator comma

# One curve for each optimizer, in the order of the file.
names = system("tail -n +2 '" . ARG1 . "' | cut -d , -f 1 | uniq")
curves = words(names)

# The colours of Okabe and Ito, which every eye can tell apart; from the ninth curve on again, with dashes.
array colour[8] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999"]
shade(i) = colour[(i - 1) % 8 + 1]
dash(i) = (i - 1) / 8 % 4 + 1
# Curves may coincide (adam, adamw): the earlier ones are wider, so that they show behind the later ones.
width(i) = 4.5 - 2.7 * (i - 1) / (curves > 1 ? curves - 1.0 : 1.0)

# The bottom lies as far below the lower quartile as the best result is above it: the first epochs may start below.
stats ARG1 using 5 every ::1 nooutput
bottom = floor(20 * (2 * STATS_lo_quartile - STATS_max)) * 5
set yrange [bottom > 0 ? bottom : 0 : 100]

set title "Handwritten digits: how fast each optimizer learns" font ",18"
set xrange [1:*]
set format x "%g"
set xlabel "epoch"
set ylabel "validation accuracy (%)"
set grid ytics linecolor "#dddddd" linetype 1
set border 3 linecolor "#666666"
set tics nomirror out
set key outside right center vertical Left reverse samplen 2.5 spacing 1.3 noenhanced

plot for [i = 1:curves] ARG1 using (strcol(1) eq word(names, i) ? $2 : NaN):(100 * $5) with lines \
    linewidth width(i) linecolor rgb shade(i) dashtype dash(i) title word(names, i)
