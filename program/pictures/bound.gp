# bounds.csv: W_1 as measured, from below and above, and the explicit bound; at the last time against N
set title sprintf("{/:Bold Measured against bound}: E W₁, t = %g", end_time) offset 0,0.3
set xlabel "number of experts N"
set ylabel "W₁ between mixture and limit"
set logscale xy
set xrange [least_experts / 1.4 : most_experts * 1.4]
set format y "10^{%T}"
unset mytics
set xtics (least_experts)
do for [e=1:31] { N = 2**e; if (N >= least_experts && N <= most_experts) { set xtics add (sprintf("%d", N) N) } }
set key outside right center samplen 2 spacing 1.3
now(x) = column(1) == end_time ? x : NaN
plot "bounds.csv" using (now($2)):7 with linespoints pt 6 ps 0.6 dt 2 lw 1.3 lc rgb grey title "bound, a priori", \
     "bounds.csv" using (now($2)):6 with linespoints pt 7 ps 0.6 lw 1.5 lc rgb black title "bound, along the flow", \
     "bounds.csv" using (now($2)):3:4 with filledcurves fs transparent solid 0.25 noborder lc rgb blue title "measured: between", \
     "bounds.csv" using (now($2)):4:(1.96 * $5) with yerrorbars pt 7 ps 0.6 lw 1.2 lc rgb blue title "from above", \
     "bounds.csv" using (now($2)):3 with points pt 6 ps 0.7 lc rgb blue title "and from below"
