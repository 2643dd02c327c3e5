# evolution.csv, paths.csv: d = 1, the density over time and parameter, and experts' ways
set title sprintf("{/:Bold The measure}: density of the limit, and the ways of 24 experts of a mixture, N = %d", middle_experts < 24 ? 24 : middle_experts) offset 0,0.3
set xlabel "mean-field time t"
set ylabel "parameter θ_0"
set xrange [0:end_time]
if (period0 > 0) { set yrange [0:period0] }
if (abs(period0 - 2 * pi) < 1e-9) { set ytics ("0" 0, "π/2" pi / 2, "π" pi, "3π/2" 3 * pi / 2, "2π" 2 * pi) }
set cblabel "density" offset 1,0
stats "evolution.csv" using 3 nooutput
set cbrange [(STATS_min > 0.9 * STATS_max ? 0.9 * STATS_max : STATS_min) : STATS_max]
unset grid
set border 15
set palette defined (0 "#ffffff", 0.25 "#cfe3f2", 0.5 "#7fb5dc", 0.75 "#2b7bba", 1 "#0b3c6e")
set view map
plot "evolution.csv" using 1:2:3 with image pixels, \
     "paths.csv" using 2:3 with points pt 7 ps 0.22 lc rgb orange
