# evolution.csv, paths.csv: d = 2, the density at up to four times, and a mixture's experts
panels = words(panel_times)
wide = 165.0 + 235 * panels # one panel of 200 pixels and its space; the axis left, the colours right
set terminal svg size wide,350 font "Helvetica,13" background "white"
set multiplot layout 1,panels title sprintf("{/:Bold The measure}: density of the limit (shaded), and the experts of a mixture, N = %d (dots)", middle_experts) \
    margins (85.0 / wide),(1 - 80.0 / wide),0.2,0.8 spacing (35.0 / wide)
set xlabel "θ_0" offset 0,0.3
set ylabel "θ_1" offset 0.5,0
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
do for [i=0:panels-1] {
    if (i > 0) { unset ylabel; set format y ""; if (abs(period1 - 2 * pi) < 1e-9) { set ytics ("" 0, "" pi, "" 2 * pi) } }
    if (i == panels - 1) { set colorbox user origin (1 - 70.0 / wide),0.2 size (13.0 / wide),0.6; set label 1 "density" at screen (1 - 70.0 / wide),0.85 left } else { unset colorbox }
    set title sprintf("t = %.3g", word(panel_times, i + 1) + 0) offset 0,-0.6
    plot "evolution.csv" using 2:3:4 index i with image pixels, \
         "paths.csv" using 3:4 index i with points pt 7 ps 0.3 lc rgb orange
}
unset multiplot
