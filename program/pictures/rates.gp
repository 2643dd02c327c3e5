# means.csv, fits.csv: distances from the limit against N, log-log, at the last time; the Wasserstein distances on a
# scale of their own, so that one does not hide behind the other
names = "prediction coupling loss w1 w2"
titles = "'prediction error' coupling 'loss gap' 'W₁' 'W₂'"
colours = blue . " " . orange . " " . green . " " . black . " " . purple
shapes = "7 5 9 11 12"
left = ""; right = ""
do for [w in measured] { if (w < 4) { left = left . " " . w } else { right = right . " " . w } }
panels = (words(left) > 0) + (words(right) > 0)
wide = 180.0 + 435 * panels
set terminal svg size wide,500 font "Helvetica,14" background "white" linewidth 1.2
set multiplot title sprintf("{/:Bold Propagation of chaos}: how far mixtures are from their limit, t = %g", end_time)
set logscale xy
set xrange [least_experts / 1.4 : most_experts * 1.4]
set xlabel "number of experts N"
set xtics (least_experts)
do for [e=1:31] { N = 2**e; if (N >= least_experts && N <= most_experts) { set xtics add (sprintf("%d", N) N) } }
unset mytics
set tmargin at screen 0.88
set bmargin at screen 0.16
mine(w) = strcol(1) eq word(names, w + 0) && column(2) == end_time
point(w) = mine(w) && column(5) > 0
# an error bar that reaches 0 ends at the edge of a logarithmic picture
points = 'for [w in shown] "means.csv" using (point(w) ? column(3) : NaN):5:(column(5) > 1.96 * column(6) ? column(5) - 1.96 * column(6) : low / 2):(column(5) + 1.96 * column(6)) with yerrorbars pt int(word(shapes, w + 0)) ps 0.7 lw 1.2 lc rgb word(colours, w + 0)'
fits = 'for [w in curves] "fits.csv" using (mine(w) ? column(3) : NaN):5:6 with filledcurves fs transparent solid 0.18 noborder lc rgb word(colours, w + 0), for [w in curves] "fits.csv" using (mine(w) ? column(3) : NaN):7 with lines dt 2 lw 1 lc rgb word(colours, w + 0), for [w in curves] "fits.csv" using (mine(w) ? column(3) : NaN):4 with lines lw 1.4 lc rgb word(colours, w + 0)'
key = 'for [w in measured] NaN with points pt int(word(shapes, w + 0)) ps 0.7 lc rgb word(colours, w + 0) title word(titles, w + 0), NaN with lines lw 1.4 lc rgb grey title "fit", NaN with lines dt 2 lw 1 lc rgb grey title "theory", NaN with filledcurves y=1 fs transparent solid 0.18 noborder lc rgb grey title "exponent, 95 %"'
do for [p=1:panels] {
    shown = p == 1 && words(left) > 0 ? left : right
    low = 1e300; high = 0
    set autoscale y
    do for [w in shown] {
        stats "means.csv" using (point(w) ? column(5) : NaN) nooutput
        if (STATS_min < low) { low = STATS_min }
        if (STATS_max > high) { high = STATS_max }
    }
    set yrange [low / 1.3 : high * 1.3]
    set ytics ()
    steps = high < 20 * low ? "1 1.5 2 3 4 5 7" : "1 2 5"
    do for [e=floor(log10(low))-1:ceil(log10(high))] { do for [m in steps] { set ytics add (sprintf("%g", m * 10.0**e) m * 10.0**e) } }
    set ylabel words(left) == 0 || p == 2 ? "Wasserstein distance from the limit" : "distance from the limit"
    set lmargin at screen (435 * (p - 1) + 100) / wide
    set rmargin at screen (435 * p - 10) / wide
    curves = ""
    do for [w in shown] { do for [f in fitted] { if (f eq w) { curves = curves . " " . w } } }
    if (p == panels) { set key at screen 0.99,0.7 right samplen 2 spacing 1.3 width -4 } else { unset key }
    if (words(curves) > 0) {
        if (p == panels) { plot @fits, @points, @key } else { plot @fits, @points }
    } else {
        if (p == panels) { plot @points, @key } else { plot @points }
    }
}
unset multiplot
