# marginals.csv: the law of each parameter at the last time, the limit's and a mixture's
shown = parameters < 8 ? parameters : 8
columns = shown < 4 ? shown : 4
rows = (shown + columns - 1) / columns
set terminal svg size 1000,(60 + 240 * rows) font "Helvetica,13" background "white"
set multiplot layout rows,columns title sprintf("{/:Bold The parameters}, t = %g: the limit, and N = %d experts", end_time, most_experts)
set yrange [0:*]
set xlabel "θ"
set format y "%.2g"
do for [k=0:shown-1] {
    set title sprintf("θ_{%d}", k) offset 0,-0.6
    stats "marginals.csv" using 2 index k nooutput
    step = (STATS_max - STATS_min) / (STATS_records - 1)
    set xrange [STATS_min - step / 2 : STATS_max + step / 2]
    if (abs(STATS_max + step / 2 - 2 * pi) < 1e-6) { set xtics ("0" 0, "π" pi, "2π" 2 * pi) } else { set xtics autofreq }
    if (k == 0) { set key bottom center samplen 1.5 } else { unset key }
    plot "marginals.csv" using 2:4 index k with boxes fs solid 0.35 noborder lc rgb orange title "mixture", \
         "marginals.csv" using 2:3 index k with lines lw 2 lc rgb blue title "limit", \
         1.0 / (STATS_max - STATS_min + step) with lines lw 1 dt 3 lc rgb grey
}
unset multiplot
