# marginals.csv: the law of each parameter at the last time, the limit's and a mixture's, and where both began
shown = parameters < 8 ? parameters : 8
columns = shown < 3 ? shown : shown == 4 ? 2 : shown < 7 ? 3 : 4
rows = (shown + columns - 1) / columns
high = 45 + 260.0 * rows
set terminal svg size 920,high font "Helvetica,13" background "white"
set multiplot layout rows,columns margins 0.09,0.975,(65.0 / high),(1 - 60.0 / high) \
    spacing 0.085,(95.0 / high) title sprintf("{/:Bold The parameters}%s, t = %g: the limit (line), a mixture of N = %d experts (bars), and where both began (dotted)", \
    parameters > shown ? sprintf(" (the first %d of %d)", shown, parameters) : "", end_time, most_experts)
set yrange [0:*]
set format y "%.2g"
do for [k=0:shown-1] {
    stats "marginals.csv" using 2 index k nooutput
    set xrange [STATS_min : STATS_max]
    set xlabel sprintf("θ_{%d}", k) offset 0,0.4
    if (k % columns == 0) { set ylabel "density" } else { unset ylabel }
    if (abs(STATS_min) < 1e-6 && abs(STATS_max - 2 * pi) < 1e-6) { set xtics ("0" 0, "π" pi, "2π" 2 * pi) } else { set xtics autofreq }
    plot "marginals.csv" using 2:4 index k with fillsteps fs solid 0.35 noborder lc rgb orange, \
         "marginals.csv" using 2:3 index k with lines lw 2 lc rgb blue, \
         "marginals.csv" using 2:5 index k with lines lw 1.2 dt 3 lc rgb black
}
unset multiplot
