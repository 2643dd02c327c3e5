# training.csv: the loss of the limit and of three mixtures in time
set title "{/:Bold Training}: a mixture of each size, and the limit" offset 0,0.3
set xlabel "mean-field time t"
set ylabel "loss on the training set"
set xrange [0:end_time]
set format y "%g"
set key outside right center samplen 2 spacing 1.3
stats "training.csv" using 3 nooutput
if (STATS_min > 0 && STATS_max > 20 * STATS_min) { set logscale y }
colours = green . " " . orange . " " . blue
plot for [i=2:words(series)] "training.csv" using 2:3 index i-1 with lines lw 1.6 lc rgb word(colours, i-1) \
         title "N = " . word(series, i), \
     "training.csv" using 2:3 index 0 with lines lw 2.4 dt 2 lc rgb black title "limit"
