# marginals.csv: the law of each parameter at the last time, the limit's and a mixture's
shown = parameters < 8 ? parameters : 8
columns = shown < 3 ? shown : shown == 4 ? 2 : shown < 7 ? 3 : 4
rows = (shown + columns - 1) / columns
set terminal svg size 920,(90 + 250 * rows) font "Helvetica,13" background "white"
set key at screen 0.5,(1 - 52.0 / (90 + 250 * rows)) center horizontal samplen 2
set multiplot layout rows,columns margins 0.07,0.98,(50.0 / (90 + 250 * rows)),(1 - 95.0 / (90 + 250 * rows)) \
    spacing 0.08,(85.0 / (90 + 250 * rows)) title sprintf("{/:Bold The parameters}, t = %g: the limit, and N = %d experts", end_time, most_experts)
set yrange [0:*]
set format y "%.2g"
do for [k=0:shown-1] {
    set title sprintf("θ_{%d}", k) offset 0,-0.6
    stats "marginals.csv" using 2 index k nooutput
    step = (STATS_max - STATS_min) / (STATS_records - 1)
    set xrange [STATS_min - step / 2 : STATS_max + step / 2]
    if (abs(STATS_max + step / 2 - 2 * pi) < 1e-6) { set xtics ("0" 0, "π" pi, "2π" 2 * pi) } else { set xtics autofreq }
    if (k > 0) { unset key }
    plot "marginals.csv" using 2:4 index k with boxes fs solid 0.35 noborder lc rgb orange title "mixture", \
         "marginals.csv" using 2:3 index k with lines lw 2 lc rgb blue title "limit", \
         1.0 / (STATS_max - STATS_min + step) with lines lw 1 dt 3 lc rgb grey
}
unset multiplot
