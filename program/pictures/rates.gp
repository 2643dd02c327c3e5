# means.csv, fits.csv: distances from the limit against N, log-log, at the last time
set title sprintf("{/:Bold Propagation of chaos}, t = %g", end_time) offset 0,0.3
set xlabel "number of experts N"
set ylabel "distance from the limit"
set logscale xy
set xrange [least_experts / 1.4 : most_experts * 1.4]
set format y "10^{%T}"
set xtics (least_experts)
do for [e=1:31] { N = 2**e; if (N >= least_experts && N <= most_experts) { set xtics add (sprintf("%d", N) N) } }
set key outside right center samplen 2 spacing 1.3 width -2
names = "prediction coupling loss w1 w2"
titles = "'prediction error' coupling 'loss gap' 'W₁' 'W₂'"
colours = blue . " " . orange . " " . green . " " . grey . " " . purple
shapes = "7 5 9 11 13"
mine(name) = strcol(1) eq name && column(2) == end_time
points = 'for [w in measured] "means.csv" using (mine(word(names, w + 0)) ? $3 : NaN):5:(1.96 * $6) with yerrorbars pt int(word(shapes, w + 0)) ps 0.7 lw 1.2 lc rgb word(colours, w + 0) title word(titles, w + 0)'
if (words(fitted) == 0) { plot @points } else {
plot for [w in fitted] "fits.csv" using (mine(word(names, w + 0)) ? $3 : NaN):5:6 with filledcurves fs transparent solid 0.18 noborder lc rgb word(colours, w + 0), \
     for [w in fitted] "fits.csv" using (mine(word(names, w + 0)) ? $3 : NaN):7 with lines dt 2 lw 1 lc rgb word(colours, w + 0), \
     for [w in fitted] "fits.csv" using (mine(word(names, w + 0)) ? $3 : NaN):4 with lines lw 1.4 lc rgb word(colours, w + 0), \
     @points
}
