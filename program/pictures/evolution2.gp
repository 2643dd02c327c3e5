# evolution.csv, paths.csv: d = 2, the density at four times, and a mixture's experts
set terminal svg size 1000,330 font "Helvetica,13" background "white"
set multiplot layout 1,4 title "{/:Bold The measure}: density of the limit, and experts of a mixture" \
    margins 0.05,0.9,0.17,0.8 spacing 0.03
set xlabel "θ₁"
set ylabel "θ₂" offset 1,0
if (period0 > 0) { set xrange [0:period0] }
if (period1 > 0) { set yrange [0:period1] }
if (abs(period0 - 2 * pi) < 1e-9) { set xtics ("0" 0, "π" pi, "2π" 2 * pi) }
if (abs(period1 - 2 * pi) < 1e-9) { set ytics ("0" 0, "π" pi, "2π" 2 * pi) }
unset grid
set border 15
set size ratio 1
stats "evolution.csv" using 4 nooutput
set cbrange [(STATS_min > 0.9 * STATS_max ? 0.9 * STATS_max : STATS_min) : STATS_max]
set palette defined (0 "#ffffff", 0.25 "#cfe3f2", 0.5 "#7fb5dc", 0.75 "#2b7bba", 1 "#0b3c6e")
do for [i=0:3] {
    if (i > 0) { unset ylabel; unset ytics }
    if (i == 3) { set colorbox user origin 0.915,0.2 size 0.012,0.57; set cblabel "density" offset 0.5,0 } else { unset colorbox }
    set title sprintf("t = %.3g", end_time * i / 3.0) offset 0,-0.6
    plot "evolution.csv" using 2:3:4 index i with image pixels, \
         "paths.csv" using 3:4 index i with points pt 7 ps 0.3 lc rgb orange
}
unset multiplot
